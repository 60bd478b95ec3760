import { readFileSync } from 'node:fs';
import { convertPicture } from '../../lib/media/image/image.ts';
import { readCpuMs, readPeakMiB } from '../harness/usage.ts';
import { inspect } from './inspect.ts';

// A process of its own: FILE FIRST COUNTED. Converts the file so often and prints what one of the counted times cost.

const [file = '', first = '1', counted = '1'] = process.argv.slice(2);

async function convert(): Promise<number> {
  const bytes = readFileSync(file);
  const facts = await inspect(bytes);
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
