import { awsError } from '../aws-service.ts';

const LONGEST_TIMER_MS = 20_000;

interface Waiter {
  /** Tries once more; true when that ended the wait. */
  attempt: () => boolean;
  finish: () => void;
}

export interface Waiters {
  /** Repeats `attempt` at each wake until it yields something, the time is up, or `signal` aborts. */
  wait<T>(queue: string, wait: Wait<T>): Promise<T[]>;
  /** Serves the queue's waiters, oldest first, once the running call (and its transaction) is over. */
  wake(queue: string): void;
  /** Ends all waits with nothing, and refuses later ones: they would outlive the database. */
  close(): void;
}

export interface Wait<T> {
  milliseconds: number;
  signal?: AbortSignal | undefined;
  attempt: () => T[];
}

/** Long polls without a polling loop: woken by sends, and by a timer for what comes into sight by itself. */
export function createWaiters(millisecondsToNext: (queue: string) => number | null): Waiters {
  const waiting = new Map<string, Set<Waiter>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;

  function serve(queue: string): void {
    clearTimeout(timers.get(queue));
    timers.delete(queue);
    const waiters = waiting.get(queue);
    if (!waiters) return;
    for (const waiter of [...waiters]) if (!waiter.attempt()) break;
    if (waiters.size === 0) return;
    const next = millisecondsToNext(queue);
    if (next === null) return;
    const delay = Math.min(Math.max(next, 1), LONGEST_TIMER_MS);
    timers.set(
      queue,
      setTimeout(() => serve(queue), delay),
    );
  }

  function leave(queue: string, waiter: Waiter): void {
    const waiters = waiting.get(queue);
    waiters?.delete(waiter);
    if (waiters?.size !== 0) return;
    waiting.delete(queue);
    clearTimeout(timers.get(queue));
    timers.delete(queue);
  }

  function wait<T>(queue: string, { milliseconds, signal, attempt }: Wait<T>): Promise<T[]> {
    const { promise, resolve, reject } = Promise.withResolvers<T[]>();
    if (closed) {
      reject(awsError('ServiceUnavailable', 'The endpoint is shutting down.', 503));
      return promise;
    }
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', waiter.finish);
      leave(queue, waiter);
      settle();
    };
    const waiter: Waiter = {
      attempt: () => attemptOnce(attempt, end, resolve, reject),
      finish: () => end(() => resolve([])),
    };
    const timer = setTimeout(waiter.finish, milliseconds);
    signal?.addEventListener('abort', waiter.finish);
    waiting.set(queue, (waiting.get(queue) ?? new Set()).add(waiter));
    serve(queue);
    return promise;
  }

  return {
    wait,
    wake: (queue) => {
      if (waiting.has(queue)) queueMicrotask(() => serve(queue));
    },
    close: () => {
      closed = true;
      for (const waiters of [...waiting.values()]) for (const one of [...waiters]) one.finish();
    },
  };
}

function attemptOnce<T>(
  attempt: () => T[],
  end: (settle: () => void) => void,
  resolve: (found: T[]) => void,
  reject: (reason: unknown) => void,
): boolean {
  try {
    const found = attempt();
    if (found.length === 0) return false;
    end(() => resolve(found));
  } catch (error) {
    end(() => reject(error));
  }
  return true;
}
