import { pathToFileURL } from 'node:url';
import { readCpuMs, readPeakMiB } from '../harness/usage.ts';

// A process of its own: MODULE. Imports it and prints what the process has cost until then.

const [module = ''] = process.argv.slice(2);
const start = performance.now();
await import(pathToFileURL(module).href);
const wallMs = performance.now() - start;
console.log(JSON.stringify({ cpuMs: readCpuMs(), wallMs, peakMiB: readPeakMiB() }));
