import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';

const deadlines = new AsyncLocalStorage<number>();

/** Runs the work of an invocation, all of whose calls end by `deadline` (epoch milliseconds). */
export function withDeadline<T>(deadline: number, work: () => T): T {
  return deadlines.run(deadline, work);
}

/** When the time of the invocation at hand is up, in epoch milliseconds; outside of one, never. */
export function currentDeadline(): number {
  return deadlines.getStore() ?? Number.POSITIVE_INFINITY;
}

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface RetryOptions {
  /** Calls in all, the first included. */
  tries: number;
  /** Longest first delay, and longest delay of any try, in milliseconds. */
  baseMs: number;
  capMs: number;
  /** A longer delay is not slept through, in milliseconds; left out, the deadline alone counts. */
  maxSleepMs?: number;
  /** Epoch milliseconds: no sleep goes past it. */
  deadline: number;
  signal: AbortSignal;
  isRetryable(error: unknown): boolean;
  /** The delay that the other side asked for, in milliseconds; it goes before our own. */
  delayOf?(error: unknown): number | undefined;
  random?: () => number;
  sleep?: Sleep;
}

/**
 * Works until it succeeds, with full-jitter backoff between the tries. Where there is no time for another
 * one it throws the last error at once, so that a queue can do the waiting.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries, signal, deadline, isRetryable } = options;
  const { maxSleepMs = Number.POSITIVE_INFINITY, sleep = sleepFor } = options;
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      const delay = chooseDelay(error, tried, options);
      const hasTime = delay <= maxSleepMs && Date.now() + delay < deadline;
      if (tried >= tries || !isRetryable(error) || signal.aborted || !hasTime) throw error;
      await sleep(delay, signal).catch(() => {
        throw error; // woken by the signal: the error says more than "aborted"
      });
    }
  }
}

function chooseDelay(error: unknown, tried: number, options: RetryOptions): number {
  const { baseMs, capMs, delayOf, random = Math.random } = options;
  return delayOf?.(error) ?? random() * Math.min(capMs, baseMs * 2 ** (tried - 1));
}

export async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}
