import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as z from 'zod';
import { readDecoderEnvironment } from '../core/decoder-environment.ts';
import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { makeBuildFolder, writeBundles } from '../harness/bundles.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';

const PICTURES = 500;
/** Of them, the part at the beginning in which memory may still grow. */
const WARM_SHARE = 0.4;
const DEAR = ['image/avif', 'image/heic'];

const answer = z.object({ peaksMiB: z.array(z.number()).min(2) });

/** What one worker holds over hundreds of mixed pictures, in a fresh process with the function's own environment. */
export async function measureMemory({ pictures: names }: Options): Promise<Table> {
  const { pictures, notes } = await openCorpus(names);
  using folder = makeBuildFolder();
  const [cell = ''] = await writeBundles(folder.path, ['bench/memory/cell.ts']);
  const plain = pictures.filter(({ mediaType }) => !DEAR.includes(mediaType));
  const sets = [
    plain, // where none is dear, both are the same
    ...(plain.length < pictures.length ? [pictures] : []),
  ];
  const rows: Row[] = [];
  for (const set of sets.filter((each) => each.length > 0))
    rows.push({ pictures: listFormats(set), ...(await run(cell, set)) });
  const meaning = `${PICTURES} pictures of the corpus in turn, by one process; growth: of the peak over the last ${PICTURES * (1 - WARM_SHARE)}.`;
  return { part: 'memory', rows, notes: [meaning, ...notes] };
}

/** What was really in it: a picture that could not be made here is in no set. */
function listFormats(pictures: readonly Picture[]): string {
  const formats = pictures.map(({ mediaType }) => mediaType.replace('image/', ''));
  return `${pictures.length} of ${[...new Set(formats)].join(', ')}`;
}

async function run(cell: string, pictures: readonly Picture[]): Promise<Row> {
  const args = [cell, String(PICTURES), ...pictures.map(({ file }) => file)];
  const env = { PATH: process.env.PATH ?? '', ...readDecoderEnvironment() };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const { peaksMiB } = answer.parse(JSON.parse(stdout));
  const warm = peaksMiB[Math.floor(peaksMiB.length * WARM_SHARE)] ?? 0;
  const last = peaksMiB.at(-1) ?? 0;
  return { 'peak MiB': last, 'growth MiB': last - warm };
}
