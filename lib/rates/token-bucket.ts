/** Over which a bucket refills, in seconds: the `w` of `RateLimit-Policy`. */
export const WINDOW_SECONDS = 60;
const MICROSECONDS = 1_000_000;

/**
 * A token bucket. Its whole state is one time, `fullAt`: when it will be full again (the "theoretical
 * arrival time" of GCRA, ITU-T I.371). A token taken moves it on by `interval`. Times in microseconds.
 */
export interface Bucket {
  capacity: number;
  /** Until one token is refilled. */
  interval: number;
}

/** Rounded so that never more than `perMinute` come back in a minute. */
export function createBucket(perMinute: number, capacity = perMinute): Bucket {
  return { capacity, interval: Math.ceil((WINDOW_SECONDS * MICROSECONDS) / perMinute) };
}

/** The latest `fullAt` at which so many tokens are still there. */
export function latestFor({ capacity, interval }: Bucket, tokens: number, now: number): number {
  return now + (capacity - tokens) * interval;
}

/** Whole tokens that are there, and the seconds, rounded up, until there is one more. */
export function countTokens({ capacity, interval }: Bucket, fullAt: number, now: number) {
  const missing = Math.max(0, fullAt - now);
  const taken = Math.min(capacity, Math.ceil(missing / interval));
  const untilNext = taken === 0 ? 0 : missing - (taken - 1) * interval;
  return { remaining: capacity - taken, nextSeconds: Math.ceil(untilNext / MICROSECONDS) };
}
