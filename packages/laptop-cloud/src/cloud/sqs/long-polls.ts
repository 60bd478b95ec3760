import { awsError } from '../aws-service.ts';

const LONGEST_TIMER_MS = 20_000;

interface LongPoll {
  /** Tries to receive; returns whether that ended the poll. */
  attempt: () => boolean;
  finish: () => void;
}

export interface LongPolls {
  /** Repeats `attempt` at each wake until it returns messages, the time is up, or `signal` aborts. */
  wait<T>(queue: string, wait: Wait<T>): Promise<T[]>;
  /** Serves the queue's polls, oldest first, after the running call and its transaction. */
  wake(queue: string): void;
  /** Ends all polls, empty, and refuses later ones: they would outlive the database. */
  close(): void;
}

interface Wait<T> {
  milliseconds: number;
  signal?: AbortSignal | undefined;
  attempt: () => T[];
}

/** Long polls without a polling loop: sends wake them, and a timer when the next message becomes visible. */
export function createLongPolls(millisecondsToNext: (queue: string) => number | null): LongPolls {
  const waiting = new Map<string, Set<LongPoll>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;

  function serve(queue: string): void {
    clearTimeout(timers.get(queue));
    timers.delete(queue);
    const polls = waiting.get(queue);
    if (!polls) return;
    for (const poll of [...polls]) if (!poll.attempt()) break;
    if (polls.size === 0) return;
    const next = millisecondsToNext(queue);
    if (next === null) return;
    const delay = Math.min(Math.max(next, 1), LONGEST_TIMER_MS);
    timers.set(
      queue,
      setTimeout(() => serve(queue), delay),
    );
  }

  function leave(queue: string, poll: LongPoll): void {
    const polls = waiting.get(queue);
    polls?.delete(poll);
    if (polls?.size !== 0) return;
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
      signal?.removeEventListener('abort', poll.finish);
      leave(queue, poll);
      settle();
    };
    const poll: LongPoll = {
      attempt: () => attemptOnce(attempt, end, resolve, reject),
      finish: () => end(() => resolve([])),
    };
    const timer = setTimeout(poll.finish, milliseconds);
    signal?.addEventListener('abort', poll.finish);
    waiting.set(queue, (waiting.get(queue) ?? new Set()).add(poll));
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
      for (const polls of [...waiting.values()]) for (const one of [...polls]) one.finish();
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
