import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ROOT } from '../harness/bundles.ts';

/** CommonJS within an ES module asks for `require`: what everyone adds. */
const BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** The sources bundled with esbuild's own defaults for Node, as the usual plugins do; answers in the same order. */
export async function writePlainBundles(
  folder: string,
  sources: string[],
  plugins: Plugin[] = [],
): Promise<string[]> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: sources,
    outbase: ROOT,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['sharp', 'libheif-js', '@embedpdf/pdfium'],
    banner: { js: BANNER },
    plugins,
    logLevel: 'error',
  });
  return sources.map((source) => join(folder, source.replace(/\.ts$/, '.mjs')));
}
