import { defineConfig } from 'vitest/config';

/** Folders whose tests share a process with one another: what they load is loaded once. */
const TOGETHER = ['unit', 'functions', 'integration', 'local'];
const ALONE = ['bench', 'e2e', 'package', 'template'];

const inFolders = (folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);
const PACKAGES = 'packages/*/test/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 3, // of which one mostly waits: for browsers, deliveries, deaths
    env: { LOG_LEVEL: 'SILENT' },
    projects: [
      { extends: true, test: { name: 'alone', include: inFolders(ALONE) } },
      {
        extends: true,
        test: { name: 'together', include: [...inFolders(TOGETHER), PACKAGES], isolate: false },
      },
    ],
  },
});
