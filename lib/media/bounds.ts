import { once } from 'node:events';
import { setInterval as eachInterval } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { ServiceError } from '../errors.ts';
import { DECODE_CPU_SECONDS } from './image/picture-limits.ts';

/** How often the time of the process, or of a thread, is looked at, in milliseconds. */
const LOOK_MS = 50;

/** The cause of the error that says: the decoder still runs. */
const STUCK = Symbol('stuck');

export function isStuck(error: unknown): boolean {
  return error instanceof ServiceError && error.cause === STUCK;
}

/**
 * Waits for a decoder as long as it may take: so many seconds of the processor, which a crowded machine
 * gives it later, and the time of the signal. After that it throws, and `isStuck` knows the error:
 * the decoder goes on, and nothing stops it but the end of the process.
 */
export async function withinBounds<T>(
  signal: AbortSignal,
  start: () => Promise<T>,
  cpuSeconds = DECODE_CPU_SECONDS,
): Promise<T> {
  const { stuck, stop } = watch(signal, cpuSeconds);
  try {
    return await Promise.race([start(), stuck]);
  } finally {
    stop();
  }
}

function watch(signal: AbortSignal, cpuSeconds: number) {
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const before = process.cpuUsage();
  const giveUp = () =>
    reject(
      new ServiceError('internal', 'The file could not be decoded in time.', { cause: STUCK }),
    );
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    if (user + system > cpuSeconds * 1e6) giveUp();
  };
  const looking = setInterval(look, LOOK_MS);
  const stop = () => {
    clearInterval(looking);
    signal.removeEventListener('abort', giveUp);
  };
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp);
  return { stuck, stop };
}

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
    for await (const _ of eachInterval(LOOK_MS, undefined, { signal })) {
      const { user, system } = await worker.cpuUsage();
      if (user + system > cpuSeconds * 1e6) return;
    }
  } catch {
    // It is done, and nobody listens any more.
  }
  return new Promise(() => {});
}
