import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { makeBuildFolder } from '../harness/bundles.ts';
import { type Progress, startProgress } from '../harness/progress.ts';
import { median } from '../harness/rounds.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type BundledFunction, bundleFunctions, withInstance } from '../service/start-function.ts';
import { mix, SETS } from './sets.ts';

const FUNCTION = 'process-upload';
/** Those at the beginning, in which memory may still grow. */
const WARM_PICTURES = 200;
/** What is compared with what came as many pictures before. */
const COMPARED_PICTURES = 100;
/** Between two looks at the peak. */
const STEP = 10;

/** What one worker holds over hundreds of mixed pictures: the packaged process-upload, from S3's event to the stored answer. */
export async function measureMemory({ pictures: names }: Options): Promise<Table> {
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  try {
    const functions = emulators.functions.filter(({ name }) => name === FUNCTION);
    const [worker] = await bundleFunctions(folder.path, functions);
    if (!worker) throw new Error(`serverless.yml declares no ${FUNCTION}`);
    const { sets, notes } = await mixSets(names);
    const count = sets.reduce((sum, { mixed }) => sum + mixed.length, 0);
    const progress = startProgress('memory', count / STEP);
    const rows: Row[] = [];
    for (const { name, mixed } of sets) {
      const memory = await work(worker, emulators, mixed, progress);
      rows.push({ pictures: `${mixed.length}: ${name}`, ...describe(memory) });
    }
    progress.end();
    return { part: 'memory', rows, notes: [describeColumns(), ...notes] };
  } finally {
    await emulators.close();
  }
}

async function mixSets(names: string[]) {
  const sets: { name: string; mixed: Picture[] }[] = [];
  const missing = new Set<string>();
  for (const set of SETS) {
    const ofSet = Object.keys(set.counts);
    const wanted = ofSet.filter((name) => names.length === 0 || names.includes(name));
    const { pictures, notes } = wanted.length > 0 ? await openCorpus(wanted) : NOTHING;
    for (const note of notes) missing.add(note);
    const mixed = mix(set, pictures);
    if (mixed.length > 0) sets.push({ name: set.name, mixed });
  }
  return { sets, notes: [...missing] };
}

const NOTHING = { pictures: [], notes: [] };

function describeColumns(): string {
  return `Pictures in a mixed order (bench/memory/sets.ts) by one process of ${FUNCTION}; growth: of the peak after the first ${WARM_PICTURES}; at rest: the median between two pictures after those, and by how much it is more in the last ${COMPARED_PICTURES} of them than in the first.`;
}

interface Memory {
  /** The most so far, after each step. */
  peaksMiB: number[];
  /** After each picture. */
  heldMiB: number[];
}

async function work(
  worker: BundledFunction,
  emulators: Emulators,
  pictures: readonly Picture[],
  progress: Progress,
): Promise<Memory> {
  const memory: Memory = { peaksMiB: [], heldMiB: [] };
  await withInstance(worker, async (invoke) => {
    for (let done = 0; done < pictures.length; done += STEP) {
      progress.next(`picture ${done + 1} of ${pictures.length}`);
      const { ids, events } = await putAll(emulators, pictures.slice(done, done + STEP));
      const { peakMiB, heldMiB } = await invoke(events);
      memory.peaksMiB.push(peakMiB);
      memory.heldMiB.push(...heldMiB);
      await emulators.finish(ids);
    }
  });
  return memory;
}

async function putAll(emulators: Emulators, pictures: readonly Picture[]) {
  const all: { ids: string[]; events: unknown[] } = { ids: [], events: [] };
  for (const { file, mediaType } of pictures) {
    const { ids, events } = await emulators.put(file, mediaType, 1);
    all.ids.push(...ids);
    all.events.push(...events);
  }
  return all;
}

function describe({ peaksMiB, heldMiB }: Memory): Row {
  const peak = peaksMiB.at(-1) ?? NaN;
  const warm = peaksMiB[WARM_PICTURES / STEP - 1];
  const rest = heldMiB.slice(WARM_PICTURES);
  const isLong = rest.length >= 2 * COMPARED_PICTURES;
  const last = median(rest.slice(-COMPARED_PICTURES));
  return {
    'peak MiB': peak,
    'growth MiB': isLong ? peak - (warm ?? NaN) : undefined,
    'at rest MiB': isLong ? median(rest) : undefined,
    'more at rest MiB': isLong ? last - median(rest.slice(0, COMPARED_PICTURES)) : undefined,
  };
}
