import { randomUUID } from 'node:crypto';
import { pause } from '../pause.ts';
import type { FunctionSpec } from '../template/deploy.ts';
import { createFleet, type FleetOptions } from './fleet.ts';
import type { RuntimeSettings } from './function-environment.ts';
import { type Instance, MAX_PAYLOAD_BYTES } from './instance.ts';
import type { Logs } from './logs.ts';
import { type MemoryWatch, watchMemory } from './memory.ts';
import { fail, type InvocationResult } from './protocol.ts';

export interface Host {
  /**
   * Runs one invocation; never rejects. `event` is JSON. One that `signal` aborts before it has an
   * instance never runs; one that has begun goes on.
   */
  invoke(functionName: string, event: string, signal?: AbortSignal): Promise<InvocationResult>;
  /** Accepts nothing new, lets running invocations go on for up to `graceMs`, then ends all instances. */
  close(graceMs: number): Promise<void>;
}

const STOPPED = fail('stopped', 'Host.Stopped', 'The host is going down');
const TOO_LARGE = fail('size', 'RequestEntityTooLargeException', 'The event is larger than 6 MB');

/** Runs functions in processes of their own, with Lambda's environment, time and memory limits. */
export function startHost(options: FleetOptions): Host {
  const fleet = createFleet(options);
  const memory = watchMemory();
  const running = new Set<Promise<unknown>>();
  let closing = false;

  async function run(
    functionName: string,
    event: string,
    signal: AbortSignal | undefined,
  ): Promise<InvocationResult> {
    const target = fleet.find(functionName);
    if (!target) return fail('error', 'ResourceNotFoundException', `No function ${functionName}`);
    const { pool, spec } = target;
    const instance = await pool.acquire(signal);
    if ('ok' in instance) return instance;
    const { logs, settings } = options;
    const result = await runInvocation({ logs, memory, settings }, spec, instance, event);
    pool.release(instance);
    return result;
  }

  return {
    async invoke(functionName, event, signal) {
      if (closing) return STOPPED;
      if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) return TOO_LARGE;
      const work = run(functionName, event, signal);
      running.add(work);
      return work.finally(() => running.delete(work));
    },
    async close(graceMs) {
      closing = true;
      const graceOver = new AbortController();
      await Promise.race([Promise.all(running), pause(graceMs, graceOver.signal)]);
      graceOver.abort();
      await fleet.close(STOPPED);
      await Promise.all(running);
      memory.close();
    },
  };
}

interface InvocationTools {
  logs: Logs;
  memory: MemoryWatch;
  settings: Pick<RuntimeSettings, 'region' | 'accountId'>;
}

/** Runs one event (JSON) on an instance; kills its process when it exceeds the function's time or memory. */
async function runInvocation(
  { logs, memory, settings }: InvocationTools,
  spec: FunctionSpec,
  instance: Instance,
  event: string,
): Promise<InvocationResult> {
  const { timeoutSeconds, memoryMb, name } = spec;
  const requestId = randomUUID();
  const begun = Date.now();
  const deadline = begun + timeoutSeconds * 1000;
  const late = fail(
    'timeout',
    'Sandbox.Timedout',
    `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  );
  const large = fail('memory', 'Runtime.OutOfMemory', `Used more than ${memoryMb} MB of memory`);
  const stopWatching = memory.watch(instance.pid, memoryMb, () => instance.kill(large));
  const timer = setTimeout(() => instance.kill(late), deadline - begun);
  const functionArn = `arn:aws:lambda:${settings.region}:${settings.accountId}:function:${name}`;
  const result = await instance.invoke({ requestId, functionArn, event, deadline });
  clearTimeout(timer);
  const measured = { durationMs: Date.now() - begun, maxMemoryMb: stopWatching() };
  const status = result.ok ? 'success' : result.reason;
  logs.report({ function: name, requestId, status, memoryMb, ...measured });
  if (!result.ok && result.reason !== 'stopped') {
    logs.note(name, 'ERROR', `${result.error.errorType}: ${result.error.errorMessage}`, requestId);
  }
  return result;
}
