import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { fail, type InvocationResult, type InvokeMessage, runtimeMessage } from './protocol.ts';

const RUNTIME_FILE = fileURLToPath(new URL('./runtime.ts', import.meta.url));
const HEAP_SHARE = 0.9; // of the memory limit, so that V8 fails with a trace before the host kills it
// Lambda allows 10 s for the import; a laptop's processors are shared and its disk may be cold.
const INIT_TIMEOUT_MS = 30_000;
export const MAX_PAYLOAD_BYTES = 6_291_456; // events and answers, as JSON

interface InstanceOptions {
  environment: Record<string, string>;
  memoryMb: number;
  onLine: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** One process of one function, for one invocation at a time. */
export interface Instance {
  readonly pid: number | undefined;
  /** Resolves when the handler is loaded, or to the reason why it cannot be. */
  readonly ready: Promise<InvocationResult | undefined>;
  readonly exited: Promise<void>;
  invoke(message: InvokeMessage): Promise<InvocationResult>;
  /** Ends the process at once; a running invocation ends with `reason`. */
  kill(reason: InvocationResult): void;
}

export function startInstance(options: InstanceOptions): Instance {
  const child = fork(RUNTIME_FILE, {
    env: options.environment,
    execArgv: [`--max-old-space-size=${Math.floor(options.memoryMb * HEAP_SHARE)}`],
    serialization: 'json',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLines(child.stdout, (line) => options.onLine(line, 'stdout'));
  readLines(child.stderr, (line) => options.onLine(line, 'stderr'));

  const ready = Promise.withResolvers<InvocationResult | undefined>();
  const exited = Promise.withResolvers<void>();
  let running: ((result: InvocationResult) => void) | undefined;
  let killedFor: InvocationResult | undefined;

  const kill = (reason: InvocationResult) => {
    killedFor ??= reason;
    child.kill('SIGKILL');
  };
  const end = (result: InvocationResult) => {
    clearTimeout(initTimer);
    exited.resolve(); // first: the pool must not hand out the dead instance
    ready.resolve(killedFor ?? result);
    running?.(killedFor ?? result);
  };
  const initTimer = setTimeout(
    () => kill(fail('init', 'Sandbox.Timedout', `Not loaded after ${INIT_TIMEOUT_MS / 1000} s`)),
    INIT_TIMEOUT_MS,
  );

  child.on('error', (error) => end(fail('exit', 'Runtime.ExitError', error.message)));
  child.on('exit', (code, signal) => end(describeExit(code, signal)));
  child.on('message', (received) => {
    const message = runtimeMessage.parse(received);
    if (message.type === 'ready' || message.type === 'initError') {
      clearTimeout(initTimer);
      const failed = message.type === 'initError';
      ready.resolve(failed ? { ok: false, reason: 'init', error: message.error } : undefined);
    } else {
      running?.(readResult(message));
    }
  });

  return {
    pid: child.pid,
    ready: ready.promise,
    exited: exited.promise,
    kill,
    invoke: (message) =>
      new Promise((resolve) => {
        running = (result) => {
          running = undefined;
          resolve(result);
        };
        if (child.exitCode !== null || child.signalCode !== null) {
          running(killedFor ?? describeExit(child.exitCode, child.signalCode));
        } else {
          // The channel may break while the process dies; its 'exit' event has the reason.
          child.send(message, () => {});
        }
      }),
  };
}

type Answer = Extract<ReturnType<typeof runtimeMessage.parse>, { requestId: string }>;

function readResult(message: Answer): InvocationResult {
  if (message.type === 'error') return { ok: false, reason: 'error', error: message.error };
  const bytes = Buffer.byteLength(message.payload);
  if (bytes <= MAX_PAYLOAD_BYTES) return { ok: true, payload: message.payload };
  const sentence = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
  return fail('size', 'Function.ResponseSizeTooLarge', sentence);
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): InvocationResult {
  const how = signal ? `signal: ${signal}` : `exit status ${code}`;
  return fail('exit', 'Runtime.ExitError', `Runtime exited with error: ${how}`);
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', onLine);
}
