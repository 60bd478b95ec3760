import { pathToFileURL } from 'node:url';
import { readCpuMs, readHeldMiB, readPeakMiB } from '../harness/usage.ts';

// A process of its own, with a function's environment and SIGHTLINE_MODULE: invokes its handler with the
// events that it is sent, one after the other, as a Lambda instance does.

const INVOCATION_MS = 60_000;

process.on('disconnect', () => process.exit(0));
if (!process.connected) process.exit(0); // the bench was stopped while this was loaded
const { handler } = await import(pathToFileURL(process.env.SIGHTLINE_MODULE ?? '').href);
process.on('message', async (events: unknown[]) => process.send?.(await invokeAll(events)));
process.send?.('ready');

async function invokeAll(events: unknown[]) {
  const wallMs: number[] = [];
  const heldMiB: number[] = [];
  const statuses = new Set<number>();
  const cpuEachMs: number[] = [];
  const cpuBefore = readCpuMs();
  for (const event of events) {
    const [start, cpuStart] = [performance.now(), readCpuMs()];
    const answer = await handler(event, createContext());
    cpuEachMs.push(readCpuMs() - cpuStart);
    wallMs.push(performance.now() - start);
    if (answer?.statusCode) statuses.add(answer.statusCode);
    else heldMiB.push(readHeldMiB()); // which takes as long as the smallest answer
  }
  return {
    wallMs,
    cpuEachMs,
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
