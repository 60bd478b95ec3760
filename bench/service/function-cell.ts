import { pathToFileURL } from 'node:url';
import { readCpuMs, readHeldMiB, readPeakMiB } from '../harness/usage.ts';

// A process of its own, with a function's environment and SIGHTLINE_MODULE: invokes its handler with the
// events that it is sent, one after the other, as a Lambda instance does.

const INVOCATION_MS = 60_000;

process.on('disconnect', () => process.exit(0));
const { handler } = await import(pathToFileURL(process.env.SIGHTLINE_MODULE ?? '').href);
process.on('message', async (events: unknown[]) => process.send?.(await invokeAll(events)));
process.send?.('ready');

async function invokeAll(events: unknown[]) {
  const wallMs: number[] = [];
  const heldMiB: number[] = [];
  const statuses = new Set<number>();
  const cpuBefore = readCpuMs();
  for (const event of events) {
    const start = performance.now();
    const answer = await handler(event, createContext());
    wallMs.push(performance.now() - start);
    heldMiB.push(readHeldMiB());
    if (answer?.statusCode) statuses.add(answer.statusCode);
  }
  return {
    wallMs,
    cpuMs: readCpuMs() - cpuBefore,
    peakMiB: readPeakMiB(),
    heldMiB,
    statuses: [...statuses],
  };
}

function createContext() {
  const deadline = Date.now() + INVOCATION_MS;
  return {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    awsRequestId: 'bench',
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}
