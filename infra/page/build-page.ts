import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { listPackages, type Notice, readNotice, writeNotices } from '../notices/write-notices.ts';

/** Linked by web/views/settings.tsx. */
const NOTICES = 'third-party-notices.txt';

/**
 * Builds the page into a folder: index.html and reference.html, the notices of what it holds, and assets/
 * whose names hold their hash. Returns the notices.
 */
export async function buildPage(root: string, folder: string): Promise<Notice[]> {
  const web = join(root, 'web');
  const modules = new Set<string>();
  await build({
    root: web,
    configFile: false,
    logLevel: 'warn',
    plugins: [listModules(modules)],
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
    worker: { format: 'es', plugins: () => [listModules(modules)] },
  });
  const notices = listPackages([...modules]).map(readNotice);
  writeFileSync(join(folder, NOTICES), writeNotices(notices));
  return notices;
}

/** Adds the paths of the modules that the bundle holds anything of. */
function listModules(modules: Set<string>): Plugin {
  return {
    name: 'list-modules',
    generateBundle(_, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue;
        for (const [path, { renderedLength }] of Object.entries(output.modules))
          if (renderedLength > 0) modules.add(path);
      }
    },
  };
}
