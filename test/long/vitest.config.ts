import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Load, kills, faults and long corpora: `npm run test:long`, never part of `npm test`.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    reporters: ['default'],
    env: { LOG_LEVEL: 'SILENT' },
  },
});
