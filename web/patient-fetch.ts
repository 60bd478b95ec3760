import { signal } from '@preact/signals';

/** Told in seconds of each wait for the rate limit, and of its end. */
export type Waiting = (seconds: number | undefined) => void;

/** Longest wait, in seconds, that the page takes upon itself when it is told to slow down. */
const MAX_WAIT_SECONDS = 65;
/** Of a refusal that names no time, as the gateway's own: in seconds. */
const UNTOLD_WAIT_SECONDS = 2;
/** Those that wait for the same moment come one after the other, within so many seconds. */
const SPREAD_SECONDS = 1;
/** Between calls that did not reach the service, in seconds; the last one again and again. */
const PAUSES_SECONDS = [1, 2, 4, 8];

/** Whether the last call did not get through. */
export const isAway = signal(false);
/** The newest `RateLimit` and `RateLimit-Policy` fields, as they came, by the policy's name. */
export const rateLimits = signal<Record<string, RateLimitFields>>({});

export interface RateLimitFields {
  limit: string;
  policy: string;
  /** Epoch milliseconds. */
  at: number;
}

interface PatientFetchOptions {
  waiting?: Waiting;
  onUnauthorized?: () => void;
}

/**
 * A fetch that gives up neither for a limit nor for a connection that is away: it asks again, as late as the
 * service says or as soon as the browser is online, until its signal aborts. Safe for calls that may be made twice.
 */
export function createPatientFetch({ waiting, onUnauthorized }: PatientFetchOptions): typeof fetch {
  return async (input, init) => {
    const { signal } = init ?? {};
    for (;;) {
      const response = await untilReached(() => fetch(input, init), signal);
      readRateLimit(response);
      if (response.status === 401) onUnauthorized?.();
      const seconds = await readWait(response);
      if (seconds === undefined) return response;
      waiting?.(seconds);
      await pause(seconds + Math.random() * SPREAD_SECONDS, signal);
      waiting?.(undefined);
    }
  };
}

/** Asks again for as long as nobody can be reached: a browser tells of that by a TypeError. */
export async function untilReached<T>(
  ask: () => Promise<T>,
  signal?: AbortSignal | null,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      const answer = await ask();
      isAway.value = false;
      return answer;
    } catch (error) {
      if (signal?.aborted || !(error instanceof TypeError)) throw error;
      isAway.value = true;
      await pause(PAUSES_SECONDS[failures] ?? Math.max(...PAUSES_SECONDS), signal, 'online');
    }
  }
}

/** How long a refusal for the rate limit has to be waited for; undefined = that is the answer. */
async function readWait(response: Response): Promise<number | undefined> {
  if (response.status !== 429) return undefined;
  const told = await response
    .clone()
    .json()
    .catch(() => ({}));
  const seconds = Number(response.headers.get('retry-after')) || UNTOLD_WAIT_SECONDS;
  const isForUs = (told.code ?? 'rate_limited') === 'rate_limited' && seconds <= MAX_WAIT_SECONDS;
  return isForUs ? seconds : undefined;
}

function readRateLimit({ headers }: Response): void {
  const limit = headers.get('ratelimit');
  const name = limit?.match(/"(\w+)"/)?.[1];
  if (!limit || !name) return;
  const policy = headers.get('ratelimit-policy') ?? '';
  rateLimits.value = { ...rateLimits.value, [name]: { limit, policy, at: Date.now() } };
}

/** Ends early at the window's event; rejects as soon as the signal aborts. */
function pause(seconds: number, signal?: AbortSignal | null, event = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      removeEventListener(event, done);
      settle();
    };
    const done = end(resolve);
    const stop = end(() => reject(signal?.reason));
    const timer = setTimeout(done, seconds * 1000);
    addEventListener(event, done, { once: true });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}
