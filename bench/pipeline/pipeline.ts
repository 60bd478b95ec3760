import { describeRow } from '../core/core.ts';
import { openCorpus, type Picture } from '../corpus/corpus.ts';
import { countTimes } from '../corpus/count-times.ts';
import { makeBuildFolder } from '../harness/bundles.ts';
import { startProgress } from '../harness/progress.ts';
import { type Cost, measureInTurn, type Variant } from '../harness/rounds.ts';
import type { PictureCosts, Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { openFlaskServers } from '../references/flask.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type BundledFunction, bundleFunctions, withInstance } from '../service/start-function.ts';

const FUNCTION = 'process-upload';
/** Base64 of the picture is most of a request; the rest are the instructions and the schema. */
const BASE64_GROWTH = 4 / 3;

/** From S3's event to the stored answer, by the packaged function; cloud and model are other processes. */
export async function measurePipeline({ rounds, pictures: names }: Options): Promise<Table> {
  const { pictures, notes } = await openCorpus(names);
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  try {
    const own = await openOwn(emulators, folder.path);
    const flask = openFlaskServers(emulators.modelUrl);
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
    const meaning = 'kB sent: of the request body without its base64; ×: ours as a multiple.';
    return {
      part: 'pipeline',
      rows,
      costs,
      notes: [meaning, own.listCalls(), ...notes, ...flask.notes],
    };
  } finally {
    await emulators.close();
  }
}

async function openOwn(emulators: Emulators, folder: string) {
  const wanted = emulators.functions.filter(({ name }) => name === FUNCTION);
  const [worker] = await bundleFunctions(folder, wanted);
  if (!worker) throw new Error(`serverless.yml declares no ${FUNCTION}`);
  let awsCalls: Record<string, number> = {};
  const variant: Variant<Picture> = {
    name: 'sightline',
    async measure(picture) {
      const measured = await measurePicture(emulators, worker, picture);
      awsCalls = measured.awsCalls;
      return measured.cost;
    },
  };
  const count = () => Object.values(awsCalls).reduce((sum, each) => sum + each, 0);
  const list = () => Object.entries(awsCalls).map(([name, each]) => `${name} ${each}`);
  return {
    variant,
    countCalls: () => ({ 'AWS calls': count() }),
    listCalls: () => `AWS calls a picture: ${list().join(', ')}.`,
  };
}

async function measurePicture(emulators: Emulators, worker: BundledFunction, picture: Picture) {
  const { first, counted } = countTimes(picture);
  const { ids, events } = await emulators.put(picture.file, picture.mediaType, first + counted);
  const measured = await withInstance(worker, async (invoke) => {
    await invoke(events.slice(0, first));
    await emulators.takeCalls();
    return invoke(events.slice(first));
  });
  const { modelBytes, awsCalls } = await emulators.takeCalls();
  await emulators.finish(ids);
  const wallMs = measured.wallMs.reduce((sum, each) => sum + each, 0) / counted;
  const bytes = modelBytes / counted / BASE64_GROWTH;
  const cost: Cost = { cpuMs: measured.cpuMs / counted, wallMs, peakMiB: measured.peakMiB, bytes };
  const perPicture = Object.entries(awsCalls).map(([name, count]) => [name, count / counted]);
  return { cost, awsCalls: Object.fromEntries(perPicture) };
}
