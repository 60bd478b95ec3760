import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionError, InvokeMessage, RuntimeMessage } from './protocol.ts';

// Runs inside a function instance. It imports almost nothing of the host: every function would pay for zod
// and the like in memory and start-up time.

type Handler = (event: unknown, context: object) => unknown;

const environment = process.env;
const send = (message: RuntimeMessage) => process.send?.(message);

// Ctrl-C goes to the whole process group; the host decides when an instance ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// Not process.exit(): it waits for the thread pool, and the work there may be what hangs.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  const handler = await loadHandler(environment._HANDLER ?? '', environment.LAMBDA_TASK_ROOT ?? '');
  process.on('message', (message: InvokeMessage) => void answer(handler, message));
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'initError', error: describeError(error) });
}

async function loadHandler(name: string, root: string): Promise<Handler> {
  const dot = name.lastIndexOf('.');
  const candidates = ['.ts', '.mjs', '.js'].map((end) => resolve(root, name.slice(0, dot) + end));
  const file = candidates.find((candidate) => existsSync(candidate));
  if (!file) throw new Error(`Cannot find module '${name.slice(0, dot)}' in ${root}`);
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  const handler = module[name.slice(dot + 1)];
  if (typeof handler !== 'function') throw new Error(`${name} is undefined or not exported`);
  // Lambda's Node 24 refuses callback handlers as well.
  if (handler.length > 2) throw new Error(`${name} is a callback handler; only async ones are run`);
  return (event, context) => handler(event, context);
}

async function answer(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId } = message;
  try {
    const result = await handler(JSON.parse(message.event), createContext(message));
    send({ type: 'result', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    send({ type: 'error', requestId, error: describeError(error) });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function createContext({ requestId, functionArn, deadline }: InvokeMessage): object {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function describeError(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: 'Error', errorMessage: String(error) };
  const trace = error.stack?.split('\n') ?? [];
  return { errorType: error.name, errorMessage: error.message, trace };
}
