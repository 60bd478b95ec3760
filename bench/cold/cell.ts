import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readCpuMs, readPeakMiB } from '../harness/usage.ts';

// A process of its own: MODULE [EVENT]. Imports the one, has it answer the other, and prints what the process has
// cost until then.

const INVOCATION_MS = 30_000;

const [module = '', event] = process.argv.slice(2);
const start = performance.now();
const { handler } = await import(pathToFileURL(module).href);
if (event) await answer(JSON.parse(readFileSync(event, 'utf8')));
const wallMs = performance.now() - start;
console.log(JSON.stringify({ cpuMs: readCpuMs(), wallMs, peakMiB: readPeakMiB() }));
process.exit(); // connections are kept open

async function answer(given: object): Promise<void> {
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => INVOCATION_MS };
  const { statusCode, body } = await handler(given, context);
  if (statusCode >= 300) throw new Error(`${module} answered ${statusCode}: ${body}`);
}
