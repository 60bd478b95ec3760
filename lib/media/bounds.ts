import { setInterval } from 'node:timers/promises';
import { ServiceError } from '../errors.ts';
import { DECODE_CPU_SECONDS } from './image/limits.ts';

/** How often the processor's time is looked at, in milliseconds. */
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
  const settled = new AbortController();
  const watched = AbortSignal.any([signal, settled.signal]);
  try {
    return await Promise.race([start(), watch(watched, cpuSeconds)]);
  } finally {
    settled.abort();
  }
}

async function watch(signal: AbortSignal, cpuSeconds: number): Promise<never> {
  const before = process.cpuUsage();
  try {
    for await (const _ of setInterval(LOOK_MS, undefined, { signal })) {
      const { user, system } = process.cpuUsage(before);
      if (user + system > cpuSeconds * 1e6) break;
    }
  } catch {
    // Out of time; or the work is done, and nobody listens any more.
  }
  throw new ServiceError('internal', 'The file could not be decoded in time.', { cause: STUCK });
}
