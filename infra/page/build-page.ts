import { join } from 'node:path';
import { build } from 'vite';

/** Builds the page into a folder: index.html and reference.html, and assets/ whose names hold their hash. */
export async function buildPage(root: string, folder: string): Promise<void> {
  const web = join(root, 'web');
  await build({
    root: web,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'baseline-widely-available',
      assetsInlineLimit: 0, // a data: address would have to be allowed by the content policy
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: [join(web, 'index.html'), join(web, 'reference.html')],
        // What several views share is one file: else each combination of views has one of its own.
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      },
    },
    worker: { format: 'es' },
  });
}
