import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { makeBuildFolder } from '../harness/bundles.ts';
import { type Progress, startProgress } from '../harness/progress.ts';
import { median } from '../harness/rounds.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type BundledFunction, bundleFunctions, withInstance } from '../service/start-function.ts';
import { listMixed, mix } from './mix.ts';

const FUNCTION = 'process-upload';
const PICTURES = 500;
/** Of them, those at the beginning, in which memory may still grow. */
const WARM_PICTURES = 200;
/** Between two looks at the memory. */
const STEP = 10;

/** What one worker holds over hundreds of mixed pictures: the packaged process-upload, from S3's event to the stored answer. */
export async function measureMemory({ pictures: names }: Options): Promise<Table> {
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  const progress = startProgress('memory', (2 * PICTURES) / STEP);
  try {
    const wanted = emulators.functions.filter(({ name }) => name === FUNCTION);
    const [worker] = await bundleFunctions(folder.path, wanted);
    if (!worker) throw new Error(`serverless.yml declares no ${FUNCTION}`);
    const rows: Row[] = [];
    const missing: string[] = [];
    for (const dear of [false, true]) {
      const mixed = listMixed(dear).filter((name) => names.length === 0 || names.includes(name));
      const { pictures, notes } = await openCorpus(mixed);
      const set = mix(pictures, PICTURES, dear);
      if (set.length === 0) continue;
      const memory = await work(worker, emulators, set, progress);
      rows.push({ pictures: listFormats(set), ...describe(memory) });
      missing.push(...notes);
    }
    return { part: 'memory', rows, notes: [describeColumns(), ...missing] };
  } finally {
    progress.end();
    await emulators.close();
  }
}

function describeColumns(): string {
  return `${PICTURES} pictures in a mixed order, by one process of ${FUNCTION}; growth: of the peak after the first ${WARM_PICTURES}; at rest: the median between pictures, of all after those, and how it changed from the first hundred of these to the last.`;
}

/** What was really in it: a picture that could not be made here is left out. */
function listFormats(pictures: readonly Picture[]): string {
  const formats = pictures.map(({ mediaType }) => mediaType.replace('image/', ''));
  return `${pictures.length} of ${[...new Set(formats)].sort().join(', ')}`;
}

interface Memory {
  /** The most so far, and what was held then, after each step. */
  peaksMiB: number[];
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
      const events: unknown[] = [];
      const ids: string[] = [];
      for (const { file, mediaType } of pictures.slice(done, done + STEP)) {
        const put = await emulators.put(file, mediaType, 1);
        events.push(...put.events);
        ids.push(...put.ids);
      }
      const { peakMiB, heldMiB } = await invoke(events);
      memory.peaksMiB.push(peakMiB);
      memory.heldMiB.push(...heldMiB);
      await emulators.finish(ids);
    }
  });
  return memory;
}

function describe({ peaksMiB, heldMiB }: Memory): Row {
  const peak = peaksMiB.at(-1) ?? NaN;
  const warm = heldMiB.slice(WARM_PICTURES);
  return {
    'peak MiB': peak,
    'growth MiB': peak - (peaksMiB[WARM_PICTURES / STEP - 1] ?? NaN),
    'at rest MiB': median(warm),
    'change at rest MiB': median(warm.slice(-100)) - median(warm.slice(0, 100)),
  };
}
