import { randomUUID } from 'node:crypto';
import type { RuntimeSettings } from './function-environment.ts';
import type { FunctionSpec } from './functions.ts';
import type { Instance } from './instance.ts';
import type { Logs } from './logs.ts';
import type { MemoryWatch } from './memory.ts';
import { fail, type InvocationResult } from './protocol.ts';

export interface InvocationTools {
  logs: Logs;
  memory: MemoryWatch;
  settings: Pick<RuntimeSettings, 'region' | 'accountId'>;
}

/** Runs one event (JSON) on an instance, within the function's time and memory: past them its process is killed. */
export async function runInvocation(
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
