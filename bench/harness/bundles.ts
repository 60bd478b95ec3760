import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleHandlers } from '../../infra/bundle/bundle-handlers.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder from which modules find the project's packages, whose own folder may be read-only; gone with its `using`, or with the process. */
export function makeBuildFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove);
      remove();
    },
  };
}

/**
 * Bundles sources as they are packaged for Lambda, with the modules beside them, and answers with the
 * modules in the same order. Sources as they are would have Node strip types in the measured process.
 */
export async function writeBundles(folder: string, sources: string[]): Promise<string[]> {
  const bundles = await bundleHandlers(ROOT, sources);
  const written: string[] = [];
  for (const [index, { code, beside }] of bundles.entries()) {
    const module = join(folder, (sources[index] ?? '').replace(/\.ts$/, '.mjs'));
    mkdirSync(dirname(module), { recursive: true });
    writeFileSync(module, code);
    const modules = beside.length > 0 ? await bundleHandlers(ROOT, beside) : [];
    for (const [at, one] of modules.entries()) {
      const name = `${basename(beside[at] ?? '', '.ts')}.mjs`;
      writeFileSync(join(dirname(module), name), one.code);
    }
    written.push(module);
  }
  return written;
}
