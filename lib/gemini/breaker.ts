import { ServiceError } from '../errors.ts';
import { createFault, delayOf, pauseOf, remedyOf } from './errors.ts';
import { FAILURES_BEFORE_PAUSE, FIRST_PAUSE_MS, MAX_PAUSE_MS } from './limits.ts';

/** Keeps a model that is down from being asked by every picture. */
export interface Breaker {
  /** What the model last answered, in its place, while it is to be left alone. */
  refusal(model: string): ServiceError | undefined;
  /** Makes the call, and learns from what comes of it. */
  watch<T>(model: string, call: () => Promise<T>): Promise<T>;
}

/** Since and until when, in epoch milliseconds, and the answer that began it. */
interface Pause {
  since: number;
  until: number;
  error: ServiceError;
}

interface State {
  /** In a row. */
  failures: number;
  pause: Pause | undefined;
}

/**
 * What an instance has seen of each model. A pause that the model itself names (a delay asked for, a day's
 * quota, a model that is gone) begins at once; failures without one have to repeat. When it is over the
 * next question goes through, and its failure begins a longer one. `now` in epoch milliseconds.
 */
export function createBreaker(now: () => number = Date.now): Breaker {
  const states = new Map<string, State>();

  function noteFailure(model: string, error: ServiceError): void {
    if (hadNoTime(error)) return;
    const isDown = error.code === 'model_unavailable';
    const failures = isDown ? (states.get(model)?.failures ?? 0) + 1 : 0;
    const pauseMs = pauseOf(error) ?? (isDown ? pauseAfter(failures) : 0);
    const since = now();
    const pause = pauseMs > 0 ? { since, until: since + pauseMs, error } : undefined;
    states.set(model, { failures, pause });
  }

  return {
    refusal(model) {
      const pause = states.get(model)?.pause;
      const time = now();
      return pause && time < pause.until ? repeat(pause, time) : undefined;
    },
    async watch(model, call) {
      try {
        const answer = await call();
        states.delete(model);
        return answer;
      } catch (error) {
        if (error instanceof ServiceError) noteFailure(model, error);
        throw error;
      }
    },
  };
}

/** That says nothing of the model. */
function hadNoTime(error: ServiceError): boolean {
  return error.code === 'model_unavailable' && remedyOf(error) === 'stop';
}

function pauseAfter(failures: number): number {
  const more = failures - FAILURES_BEFORE_PAUSE;
  return more < 0 ? 0 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** more);
}

/** The same again, for the time that is left; where a model is gone, nobody has to wait for it. */
function repeat({ since, until, error }: Pause, now: number): ServiceError {
  const { code, cause } = error;
  const askedMs = (delayOf(error) ?? 0) - (now - since);
  const pauseSeconds = (until - now) / 1_000;
  const isGone = delayOf(error) === undefined && pauseOf(error) !== undefined;
  const delay = isGone ? {} : { retryAfterSeconds: Math.max(pauseSeconds, askedMs / 1_000) };
  return createFault(code, {
    remedy: code === 'model_unavailable' ? 'next_model' : remedyOf(error),
    reason: `Not asked for ${Math.ceil(pauseSeconds)} s, after: ${cause instanceof Error ? cause.message : code}`,
    pauseSeconds,
    ...delay,
  });
}
