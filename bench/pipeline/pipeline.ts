import { describeRow } from '../core/core.ts';
import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { countTimes, WARMING } from '../corpus/count-times.ts';
import { makeBuildFolder } from '../harness/bundles.ts';
import { startProgress } from '../harness/progress.ts';
import { type Cost, measureInTurn, type Variant } from '../harness/rounds.ts';
import type { PictureCosts, Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { openFlaskServers } from '../references/flask.ts';
import { type Calls, listCalls } from '../service/call-counter.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type BundledFunction, bundleFunctions, withInstance } from '../service/start-function.ts';

const FUNCTION = 'process-upload';

/** From S3's event to the stored answer, by the packaged function; cloud and model are other processes. */
export async function measurePipeline({ rounds, pictures: names }: Options): Promise<Table> {
  const { pictures, notes } = await openCorpus(names);
  const warming = await openWarming();
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  try {
    const own = await openOwn(emulators, folder.path, warming);
    const flask = openFlaskServers(emulators.modelUrl, warming);
    const variants = [own.variant, ...flask.variants];
    const rows: Row[] = [];
    const costs: PictureCosts[] = [];
    const progress = startProgress('pipeline', pictures.length * rounds);
    for (const picture of pictures) {
      const onRound = progress.ofRounds(picture.name);
      const measured = await measureInTurn(picture, variants, rounds, onRound);
      rows.push({ ...describeRow(picture, measured), ...own.countCalls() });
      costs.push({ picture: picture.name, measured });
    }
    progress.end();
    const said = [MEANING, COUNTED, own.listCalls(), ...notes, ...flask.notes];
    return { part: 'pipeline', rows, costs, notes: said };
  } finally {
    await emulators.close();
  }
}

const MEANING = 'kB sent: of the picture in the request; ×: ours as a multiple of theirs.';
const COUNTED = `Each in a fresh process that has done ${WARMING.times} of ${WARMING.picture} and a few of the picture itself; what is counted comes after.`;

async function openWarming(): Promise<Picture> {
  const [picture] = (await openCorpus([WARMING.picture])).pictures;
  if (!picture) throw new Error(`The corpus has no ${WARMING.picture}`);
  return picture;
}

async function openOwn(emulators: Emulators, folder: string, warming: Picture) {
  const wanted = emulators.functions.filter(({ name }) => name === FUNCTION);
  const [worker] = await bundleFunctions(folder, wanted);
  if (!worker) throw new Error(`serverless.yml declares no ${FUNCTION}`);
  let calls: Record<'awsCalls' | 'apartCalls', Calls> = { awsCalls: {}, apartCalls: {} };
  const variant: Variant<Picture> = {
    name: 'sightline',
    async measure(picture) {
      const measured = await measurePicture(emulators, worker, { picture, warming });
      calls = measured;
      return measured.cost;
    },
  };
  const count = () => Object.values(calls.awsCalls).reduce((sum, each) => sum + each, 0);
  return {
    variant,
    countCalls: () => ({ 'AWS calls': count() }),
    listCalls: () =>
      `AWS calls of the last picture: ${listCalls(calls.awsCalls)}. Of the budget apart: ${listCalls(calls.apartCalls)}.`,
  };
}

interface Pictures {
  picture: Picture;
  warming: Picture;
}

async function measurePicture(
  emulators: Emulators,
  worker: BundledFunction,
  { picture, warming }: Pictures,
) {
  const { first, counted } = countTimes(picture);
  const { ids, events } = await emulators.put(picture.file, picture.mediaType, first + counted);
  const warm = await emulators.put(warming.file, warming.mediaType, WARMING.times);
  const measured = await withInstance(worker, async (invoke) => {
    await invoke(warm.events);
    await invoke(events.slice(0, first));
    await emulators.takeCalls();
    return invoke(events.slice(first));
  });
  const { pictureBytes, awsCalls, apartCalls } = await emulators.takeCalls();
  await emulators.finish([...warm.ids, ...ids]);
  const wallMs = measured.wallMs.reduce((sum, each) => sum + each, 0) / counted;
  const bytes = pictureBytes / counted;
  const cost: Cost = { cpuMs: measured.cpuMs / counted, wallMs, peakMiB: measured.peakMiB, bytes };
  const each = (calls: Calls): Calls =>
    Object.fromEntries(Object.entries(calls).map(([name, count]) => [name, count / counted]));
  return { cost, awsCalls: each(awsCalls), apartCalls: each(apartCalls) };
}
