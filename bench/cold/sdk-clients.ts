import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { ROOT } from '../harness/bundles.ts';

/** Bundles AWS' own clients in the place of ours. */
export const sdkClients: Plugin = {
  name: 'sdk-clients',
  setup(build) {
    const path = join(ROOT, 'bench/cold/sdk-connections.ts');
    build.onResolve({ filter: /\/connections\.ts$/ }, () => ({ path }));
  },
};
