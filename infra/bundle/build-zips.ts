import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readTemplate } from 'laptop-cloud/template';
import { type Notice, readNotice, readNotices, writeNotices } from '../notices/write-notices.ts';
import { bundleHandlers, type HandlerBundle } from './bundle-handlers.ts';
import { readLambdaPackage } from './lambda-packages.ts';
import { type Files, writeZip } from './write-zip.ts';

/** Where `package.artifact` in serverless.yml points to. */
const BUILD_FOLDER = '.build';

export interface BuiltZip {
  /** The function's, as in serverless.yml. */
  name: string;
  path: string;
  bytes: number;
  /** Of the packages that it holds. */
  notices: Notice[];
}

/**
 * Writes one zip for each function of serverless.yml: `NAME.zip`, and its source map `maps/NAME.mjs.map`.
 * Left out, the folder is the one where serverless.yml looks for them.
 */
export async function buildZips(
  root: string,
  folder = join(root, BUILD_FOLDER),
): Promise<BuiltZip[]> {
  rmSync(join(folder, 'maps'), { recursive: true, force: true });
  mkdirSync(join(folder, 'maps'), { recursive: true });
  const { functions } = readTemplate(join(root, 'serverless.yml'), PLACE);
  const modules = functions.map(({ handler }) => handler.slice(0, handler.lastIndexOf('.')));
  const bundles = await bundleHandlers(
    root,
    modules.map((module) => `${module}.ts`),
  );
  const zips: BuiltZip[] = [];
  for (const [index, bundle] of bundles.entries()) {
    const [name, module] = [functions[index]?.name ?? '', modules[index] ?? ''];
    const { files, notices } = await collectFiles(root, `${module}.mjs`, bundle);
    const zip = writeZip(files);
    const path = join(folder, `${name}.zip`);
    writeFileSync(path, zip);
    writeFileSync(join(folder, 'maps', `${name}.mjs.map`), bundle.map);
    zips.push({ name, path, bytes: zip.length, notices });
  }
  return zips;
}

async function collectFiles(root: string, path: string, bundle: HandlerBundle) {
  const files: Files = new Map([[path, bundle.code]]);
  const beside = bundle.beside.length > 0 ? await bundleHandlers(root, bundle.beside) : [];
  for (const [index, { code }] of beside.entries()) {
    const name = basename(bundle.beside[index] ?? '', '.ts');
    files.set(join(dirname(path), `${name}.mjs`), code);
  }
  for (const name of [bundle, ...beside].flatMap(({ external }) => external)) {
    const packages = await readLambdaPackage(root, name, join(root, BUILD_FOLDER, 'npm', name));
    for (const [packed, content] of packages) files.set(packed, content);
  }
  const bundled = [bundle, ...beside].flatMap(({ packages }) => packages).map(readNotice);
  const notices = [...bundled, ...readNotices(files)];
  files.set('THIRD-PARTY-NOTICES', Buffer.from(writeNotices(notices)));
  return { files, notices };
}

/** Names and handlers are the same for every stage. */
const PLACE = { stage: 'dev', region: 'us-east-1' };
