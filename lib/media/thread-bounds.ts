import { once } from 'node:events';
import { setInterval } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits, Worker } from 'node:worker_threads';

/** Interval at which a thread is asked for its processor time, in milliseconds. */
const LOOK_MS = 50;

/**
 * The bound of a thread's heap, in MiB, for the thread that is started with it next. V8 lets the process's own
 * `--max-old-space-size`, with which Lambda starts Node, stand before it: a file of some kilobytes could then
 * fill all of the function's memory. That flag has done its work by now, and is taken back.
 */
export function boundHeap(megabytes: number): ResourceLimits {
  setFlagsFromString('--max-old-space-size=0');
  return { maxOldGenerationSizeMb: megabytes };
}

/**
 * Resolves when the thread has had so many seconds of the processor, which a crowded machine gives it
 * later; with the signal aborted, never.
 */
export async function spendThreadTime(
  worker: Worker,
  cpuSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await once(worker, 'online', { signal }); // before, it has no time to be asked for
    for await (const _ of setInterval(LOOK_MS, undefined, { signal })) {
      const { user, system } = await worker.cpuUsage();
      if (user + system > cpuSeconds * 1e6) return;
    }
  } catch {
    // It is done, and nobody listens any more.
  }
  return new Promise(() => {});
}
