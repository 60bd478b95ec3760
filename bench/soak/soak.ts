import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { makeBuildFolder } from '../harness/bundles.ts';
import { median } from '../harness/rounds.ts';
import type { Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type BundledFunction, bundleFunctions, withInstance } from '../service/start-function.ts';

const FUNCTION = 'process-upload';
const PICTURE = 'jpeg-2';
/** One for each core; cloud and model share the cores with them. */
const INSTANCES = 2;
/** Pictures put before an instance is handed them. */
const BATCH = 10;
const PARTS = 3;

interface Done {
  /** Since the beginning, in milliseconds. */
  at: number;
  wallMs: number;
}

/** Instances of process-upload at full load: does the last minute do as much as the first, and is any picture left behind? */
export async function measureSoak({ seconds }: Options): Promise<Table> {
  const { pictures } = await openCorpus([PICTURE]);
  const [picture] = pictures;
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  try {
    const wanted = emulators.functions.filter(({ name }) => name === FUNCTION);
    const [worker] = await bundleFunctions(folder.path, wanted);
    if (!worker || !picture) throw new Error(`no ${FUNCTION} or no ${PICTURE}`);
    const put = putInTurn(emulators, picture);
    const instances = Array.from({ length: INSTANCES }, () =>
      workUntil(worker, put, seconds * 1000),
    );
    return describe((await Promise.all(instances)).flat(), seconds);
  } finally {
    await emulators.close();
  }
}

interface Batch {
  events: unknown[];
  /** Throws where one of them has not succeeded. */
  finish(): Promise<void>;
}

/** The emulators' process answers one question at a time. */
function putInTurn(emulators: Emulators, { file, mediaType }: Picture): () => Promise<Batch> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    const answer = last.then(ask);
    last = answer.catch(() => undefined);
    return answer;
  };
  return async () => {
    const { ids, events } = await inTurn(() => emulators.put(file, mediaType, BATCH));
    return { events, finish: () => inTurn(() => emulators.finish(ids)) };
  };
}

async function workUntil(
  worker: BundledFunction,
  put: () => Promise<Batch>,
  ms: number,
): Promise<Done[]> {
  return withInstance(worker, async (invoke) => {
    const first = await put();
    await invoke(first.events); // until it is warm
    await first.finish();
    const done: Done[] = [];
    const start = performance.now();
    while (performance.now() - start < ms) {
      const { events, finish } = await put();
      const from = performance.now() - start;
      const { wallMs } = await invoke(events);
      await finish();
      let at = from;
      for (const each of wallMs) {
        at += each;
        done.push({ at, wallMs: each });
      }
    }
    return done;
  });
}

function describe(done: readonly Done[], seconds: number): Table {
  const partMs = (seconds * 1000) / PARTS;
  const perSecond = (part: number) =>
    done.filter(({ at }) => Math.floor(at / partMs) === part).length / (partMs / 1000);
  const [first, last] = [perSecond(0), perSecond(PARTS - 1)];
  const middle = median(done.map(({ wallMs }) => wallMs));
  const slowest = Math.max(...done.map(({ wallMs }) => wallMs));
  const row = {
    pictures: done.length,
    'first part, 1/s': first,
    'last part, 1/s': last,
    'last of first': last / first,
    'median ms': middle,
    'slowest, of median': slowest / middle,
  };
  const meaning = `${seconds} s of ${PICTURE} by ${INSTANCES} instances, in ${PARTS} parts; putting the pictures and looking at what came of them is part of the time.`;
  return { part: 'soak', rows: [row], notes: [meaning] };
}
