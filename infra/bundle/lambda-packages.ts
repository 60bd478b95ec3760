import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runNpm } from '../run-npm.ts';
import type { Files } from './write-zip.ts';

/** What Lambda's arm64 machines are, in npm's words. */
const PLATFORM = ['--os=linux', '--cpu=arm64', '--libc=glibc'];
/** Nothing that runs: types, C++ sources and headers, build scripts, commands. Licences stay, libvips' in its README. */
const NEEDLESS = new RegExp(
  [
    /\.d\.[cm]?ts$|\.(h|cc|gyp|bnf)$|(?<!^@img\/sharp-libvips-[\w-]+\/)README\.md$|^sharp\/install\/|\/bin\//,
    /^libheif-js\/([^/]+\.js$|libheif\/|libheif-wasm\/libheif-bundle)/, // the same three times more
    /^@embedpdf\/pdfium\/dist\/(index\.(cjs|browser\.js)|.*\.(map|d\.cts)$)/, // and again
  ]
    .map(({ source }) => source)
    .join('|'),
);

const dependencies = z.record(z.string(), z.string()).default({});
const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      dependencies,
      optionalDependencies: dependencies,
    }),
  ),
});
type Lock = z.infer<typeof lockSchema>;

/**
 * The files of a package and of what it needs on Lambda, by their paths in the zip. npm fetches them by
 * the versions and checksums of this project's lock file into `folder`, once for each state of the lock.
 */
export async function readLambdaPackage(
  root: string,
  name: string,
  folder: string,
): Promise<Files> {
  const lock = cutLock(lockSchema.parse(readJson(join(root, 'package-lock.json'))), name);
  const text = JSON.stringify(lock);
  const marker = join(folder, 'installed');
  const state = createHash('sha256').update(text).digest('hex');
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== state) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(lock.packages['']));
    writeFileSync(join(folder, 'package-lock.json'), text);
    const options = ['--include=optional', '--ignore-scripts', ...PLATFORM];
    await runNpm(folder, ['ci', ...options]).catch((cause: unknown) => {
      throw new Error("npm could not fetch Lambda's build of the native packages.", { cause });
    });
    writeFileSync(marker, state);
  }
  return readPackages(join(folder, 'node_modules'));
}

/** The lock of a project that needs this one package alone. */
function cutLock(lock: Lock, name: string): Lock {
  const kept = new Set<string>();
  const keep = (from: string, wanted: string) => {
    const path = [`${from}/node_modules/${wanted}`, `node_modules/${wanted}`].find(
      (candidate) => lock.packages[candidate],
    );
    const found = path && lock.packages[path];
    if (!found || kept.has(path)) return;
    kept.add(path);
    for (const next of Object.keys({ ...found.dependencies, ...found.optionalDependencies }))
      keep(path, next);
  };
  keep('', name);
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (!version) throw new Error(`package-lock.json knows no ${name}`);
  const project = { name: 'lambda', version: '0.0.0', dependencies: { [name]: version } };
  const packages = [...kept].sort().map((path) => [path, lock.packages[path]] as const);
  return { ...lock, ...project, packages: Object.fromEntries([['', project], ...packages]) };
}

function readPackages(folder: string): Files {
  const files: Files = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1).replaceAll('\\', '/');
    if (!entry.isFile() || name.startsWith('.') || NEEDLESS.test(name)) continue;
    files.set(`node_modules/${name}`, readFileSync(path));
  }
  return files;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
