import { delayOf, remedyOf } from './errors.ts';
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, MAX_SLEEP_MS } from './limits.ts';

/** How every call to Gemini is tried again: its own delay goes before ours, and no long one is slept through. */
export const BACKOFF = {
  baseMs: BACKOFF_BASE_MS,
  capMs: BACKOFF_CAP_MS,
  maxSleepMs: MAX_SLEEP_MS,
  delayOf,
  isRetryable: (error: unknown) => remedyOf(error) === 'retry',
};
