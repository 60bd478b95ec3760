import { readFileSync } from 'node:fs';
import { convertPicture } from '../../lib/media/image/convert.ts';
import { inspectPicture } from '../../lib/media/image/inspect.ts';
import { readCpuMs, readPeakMiB } from '../harness/usage.ts';

// A process of its own: FILE FIRST COUNTED. Converts the file so often and prints what one of the counted times cost.

const [file = '', first = '1', counted = '1'] = process.argv.slice(2);
const limits = { maxBytes: 26_214_400, maxPixels: 60_000_000 };

async function convert(): Promise<number> {
  const bytes = readFileSync(file);
  const facts = await inspectPicture(bytes, limits);
  const { jpeg } = await convertPicture(bytes, facts);
  return jpeg.length;
}

async function repeat(times: number): Promise<number> {
  let bytes = 0;
  for (let done = 0; done < times; done += 1) bytes = await convert();
  return bytes;
}

await repeat(Number(first)); // the very first one also loads sharp: that is `cold`'s
const [cpuBefore, wallBefore] = [readCpuMs(), performance.now()];
const bytes = await repeat(Number(counted));
const cpuMs = (readCpuMs() - cpuBefore) / Number(counted);
const wallMs = (performance.now() - wallBefore) / Number(counted);
console.log(JSON.stringify({ cpuMs, wallMs, peakMiB: readPeakMiB(), bytes }));
