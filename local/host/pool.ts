import type { Instance } from './instance.ts';
import { fail, type InvocationResult } from './protocol.ts';

export interface PoolOptions {
  /** Instances at once. */
  limit: number;
  /** Starts one; undefined = not now, and `fill` will be called when that may have changed. */
  start: () => Instance | undefined;
}

/** The instances of one function: an invocation gets the first that is free, in order of arrival. */
export interface Pool {
  /** Resolves with an instance, or with the failure of its start. Give it back with `release`. */
  acquire(): Promise<Instance | InvocationResult>;
  release(instance: Instance): void;
  /** Starts instances for those who wait, as far as there is room. */
  fill(): void;
  /** Ends the longest idle instance if it has been so since `before` (ms since 1970); says if there was one. */
  endIdle(before: number): boolean;
  readonly instances: ReadonlySet<Instance>;
  /** Ends all; who waits gets `reason`. */
  close(reason: InvocationResult): void;
}

export function createPool({ limit, start }: PoolOptions): Pool {
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

  function fill(): void {
    while (!closed && waiting.length > starting && instances.size < limit) {
      const instance = start();
      if (!instance) return;
      void admit(instance);
    }
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
    fill();
  }

  return {
    instances,
    fill,
    release: offer,
    acquire() {
      if (closed) return Promise.resolve(closed);
      const warmest = idle.pop(); // so that the others can end
      if (warmest) return Promise.resolve(warmest.instance);
      return new Promise((resolve) => {
        waiting.push(resolve);
        fill();
      });
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
