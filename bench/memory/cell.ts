import { readFileSync } from 'node:fs';
import { convertPicture } from '../../lib/media/image/convert.ts';
import { inspectPicture } from '../../lib/media/image/inspect.ts';
import { makeThumbnail } from '../../lib/media/image/thumbnail.ts';
import { readPeakMiB } from '../harness/usage.ts';

// A process of its own: COUNT FILE… . Works on so many pictures, the files in turn, as one worker does in its
// life, and prints the most memory that it held, up to each hundredth of them.

const [count = '1', ...files] = process.argv.slice(2);
const limits = { maxBytes: 26_214_400, maxPixels: 60_000_000 };
const STEPS = 100;

const peaksMiB: number[] = [];
for (let done = 0; done < Number(count); done += 1) {
  const bytes = readFileSync(files[done % files.length] ?? '');
  const { jpeg } = await convertPicture(bytes, await inspectPicture(bytes, limits));
  await makeThumbnail(jpeg);
  if ((done + 1) % Math.ceil(Number(count) / STEPS) === 0) peaksMiB.push(readPeakMiB());
}
console.log(JSON.stringify({ peaksMiB }));
