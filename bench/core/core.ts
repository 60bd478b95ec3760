import { statSync } from 'node:fs';
import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { countTimes } from '../corpus/count-times.ts';
import { makeBuildFolder, writeBundles } from '../harness/bundles.ts';
import { startProgress } from '../harness/progress.ts';
import {
  type Measured,
  measureInTurn,
  medianCost,
  medianRatio,
  type Variant,
} from '../harness/rounds.ts';
import { runNodeCell } from '../harness/run-cell.ts';
import type { PictureCosts, Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { openFlaskCells } from '../references/flask.ts';
import { openTools } from '../references/tools.ts';
import { readDecoderEnvironment } from './decoder-environment.ts';
import { measureQuality } from './quality.ts';

/** The picture step alone: what inspecting and converting a picture costs, beside the references that are here. */
export async function measureCore({ rounds, pictures: names }: Options): Promise<Table> {
  const { pictures, notes } = await openCorpus(names);
  const [flask, tools] = [openFlaskCells(), openTools()];
  const table = await measurePictures(pictures, rounds, [...flask.variants, ...tools.variants]);
  return { ...table, notes: [...table.notes, ...notes, ...flask.notes, ...tools.notes] };
}

export async function measurePictures(
  pictures: readonly Picture[],
  rounds: number,
  references: readonly Variant<Picture>[],
): Promise<Table> {
  using folder = makeBuildFolder();
  const variants = [await openOwn(folder.path), ...references];
  const rows: Row[] = [];
  const costs: PictureCosts[] = [];
  const progress = startProgress('core', pictures.length * rounds);
  for (const picture of pictures) {
    const onRound = progress.ofRounds(picture.name);
    const measured = await measureInTurn(picture, variants, rounds, onRound);
    const quality = { 'PSNR, dB': await measureQuality(picture) };
    rows.push({ ...describeRow(picture, measured), ...quality });
    costs.push({ picture: picture.name, measured });
  }
  progress.end();
  const meaning =
    'CPU and memory are of the step alone; ×: ours as a multiple of the other’s; PSNR: before the encoder, against the full-size original shrunk by lanczos3 (–: nothing is shrunk, a background was put in, or HEIC).';
  return { part: 'core', rows, costs, notes: [meaning] };
}

async function openOwn(folder: string): Promise<Variant<Picture>> {
  const [module = ''] = await writeBundles(folder, ['bench/core/cell.ts']);
  const environment = readDecoderEnvironment();
  const measure = (picture: Picture) => {
    const { first, counted } = countTimes(picture);
    return runNodeCell(module, [picture.file, String(first), String(counted)], environment);
  };
  return { name: 'sightline', measure };
}

/** Of the first one the figures, of the others how ours compare. */
export function describeRow(picture: Picture, [ours, ...others]: Measured[]): Row {
  if (!ours) return {};
  const sent = medianCost(ours, ({ bytes }) => bytes);
  const row: Row = {
    picture: picture.name,
    'CPU ms': medianCost(ours, ({ cpuMs }) => cpuMs),
    'peak MiB': medianCost(ours, ({ peakMiB }) => peakMiB),
    'kB sent': sent && sent / 1000,
    'original: × kB': sent && sent / statSync(picture.file).size,
  };
  for (const other of others) {
    row[`${other.name}: × CPU`] = medianRatio(ours, other, ({ cpuMs }) => cpuMs);
    row[`${other.name}: × MiB`] = medianRatio(ours, other, ({ peakMiB }) => peakMiB);
    row[`${other.name}: × kB`] = medianRatio(ours, other, ({ bytes }) => bytes);
  }
  return dropUnknown(row);
}

function dropUnknown(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}
