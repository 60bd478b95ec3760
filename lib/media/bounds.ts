import { ServiceError } from '../errors.ts';
import { DECODE_CPU_SECONDS } from './image/picture-limits.ts';

/** Interval at which the processor time is looked at, in milliseconds. */
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
