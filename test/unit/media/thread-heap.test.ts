import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { boundHeap } from '../../../lib/media/thread-bounds.ts';

/** Some 80 MB, and then it ends by itself. */
const GREEDY = 'const held = []; for (let at = 0; at < 2_000_000; at += 1) held.push({ at });';

test('given a process with a larger heap of its own, as Lambda starts them, then a thread keeps to its bound', async () => {
  setFlagsFromString('--max-old-space-size=1024');
  const worker = new Worker(GREEDY, { eval: true, resourceLimits: boundHeap(16) });
  await expect(once(worker, 'exit')).rejects.toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
});
