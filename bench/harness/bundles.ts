import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleHandlers } from '../../infra/bundle/bundle-handlers.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of this run's own, within the project so that what is in it finds node_modules; gone at the end. */
export function makeBuildFolder(): string {
  mkdirSync(join(ROOT, '.build'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.build', 'bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Bundles sources as they are packaged for Lambda, with the threads beside them, and answers with the
 * modules in the same order. Sources as they are would have Node strip types in the measured process.
 */
export async function writeBundles(folder: string, sources: string[]): Promise<string[]> {
  const bundles = await bundleHandlers(ROOT, sources);
  const written: string[] = [];
  for (const [index, { code, threads }] of bundles.entries()) {
    const module = join(folder, (sources[index] ?? '').replace(/\.ts$/, '.mjs'));
    mkdirSync(dirname(module), { recursive: true });
    writeFileSync(module, code);
    const started = threads.length > 0 ? await bundleHandlers(ROOT, threads) : [];
    for (const [at, thread] of started.entries()) {
      const name = `${basename(threads[at] ?? '', '.ts')}.mjs`;
      writeFileSync(join(dirname(module), name), thread.code);
    }
    written.push(module);
  }
  return written;
}
