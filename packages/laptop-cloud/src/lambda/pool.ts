import type { Instance } from './instance.ts';
import { fail, type InvocationResult } from './protocol.ts';

const GIVEN_UP = fail('stopped', 'Host.GivenUp', 'The caller did not wait for an instance');

interface PoolOptions {
  /** Instances at once. */
  limit: number;
  /** Called when `wants` may have become true. */
  onWant: () => void;
}

/** The instances of one function: invocations get free ones in the order of their arrival. */
export interface Pool {
  /**
   * Resolves to an instance, to be given back by `release`, or to the failure of its start. An abort ends
   * the wait.
   */
  acquire(signal?: AbortSignal): Promise<Instance | InvocationResult>;
  release(instance: Instance): void;
  /** Whether more invocations wait than instances are starting for them, and one more is allowed. */
  wants(): boolean;
  /** Adds an instance that is just starting. */
  admit(instance: Instance): void;
  /** Ends the instance that has been idle for longest, if since before `before` (ms since 1970). Returns whether it did. */
  endIdle(before: number): boolean;
  readonly instances: ReadonlySet<Instance>;
  /** Ends all instances; waiting invocations get `reason`. */
  close(reason: InvocationResult): void;
}

export function createPool({ limit, onWant }: PoolOptions): Pool {
  const instances = new Set<Instance>();
  const idle: { instance: Instance; since: number }[] = []; // longest first
  const waiting: ((got: Instance | InvocationResult) => void)[] = [];
  let starting = 0; // those of `instances` that are not ready yet
  let closed: InvocationResult | undefined;

  function offer(instance: Instance): void {
    if (!instances.has(instance)) return; // it died with its invocation
    const waiter = waiting.shift();
    if (waiter) waiter(instance);
    else idle.push({ instance, since: Date.now() });
  }

  async function admit(instance: Instance): Promise<void> {
    instances.add(instance);
    starting++;
    void instance.exited.then(() => remove(instance));
    const failure = await instance.ready;
    starting--;
    if (!failure) return offer(instance);
    instance.kill(failure);
    waiting.shift()?.(failure);
  }

  function remove(instance: Instance): void {
    instances.delete(instance);
    const index = idle.findIndex((each) => each.instance === instance);
    if (index >= 0) idle.splice(index, 1);
    onWant();
  }

  function queueUp(signal: AbortSignal | undefined): Promise<Instance | InvocationResult> {
    const { promise, resolve } = Promise.withResolvers<Instance | InvocationResult>();
    const waiter = (got: Instance | InvocationResult) => {
      signal?.removeEventListener('abort', leave);
      resolve(got);
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(waiter), 1);
      resolve(GIVEN_UP);
    };
    signal?.addEventListener('abort', leave);
    waiting.push(waiter);
    onWant();
    return promise;
  }

  return {
    instances,
    wants: () => !closed && waiting.length > starting && instances.size < limit,
    admit: (instance) => void admit(instance),
    release: offer,
    async acquire(signal) {
      if (closed) return closed;
      if (signal?.aborted) return GIVEN_UP;
      const warmest = idle.pop(); // the warmest: the others may become idle and end
      return warmest ? warmest.instance : queueUp(signal);
    },
    endIdle(before) {
      const oldest = idle[0];
      if (!oldest || oldest.since > before) return false;
      idle.shift();
      oldest.instance.kill(fail('stopped', 'Idle', 'Not needed any more'));
      return true;
    },
    close(reason) {
      closed = reason;
      for (const waiter of waiting.splice(0)) waiter(reason);
      for (const instance of instances) instance.kill(reason);
    },
  };
}
