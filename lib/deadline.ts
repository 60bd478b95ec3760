import { AsyncLocalStorage } from 'node:async_hooks';

const deadlines = new AsyncLocalStorage<number>();

/** Runs the work of an invocation, all of whose calls end by `deadline` (epoch milliseconds). */
export function withDeadline<T>(deadline: number, work: () => T): T {
  return deadlines.run(deadline, work);
}

/** When the time of the invocation at hand is up, in epoch milliseconds; outside of one, never. */
export function currentDeadline(): number {
  return deadlines.getStore() ?? Number.POSITIVE_INFINITY;
}
