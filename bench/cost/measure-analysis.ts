import { createAnalyses } from '../../lib/analysis/record-store.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import { openCorpus } from '../corpus/corpus.ts';
import { makeBuildFolder } from '../harness/bundles.ts';
import type { Progress } from '../harness/progress.ts';
import type { Calls } from '../service/call-counter.ts';
import { readEvent } from '../service/example-event.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type BundledFunction, bundleFunctions, withInstance } from '../service/start-function.ts';
import { countItemBytes } from './item-bytes.ts';

const PICTURE = 'jpeg-12';
const FIRST = 10;
const COUNTED = 20;
const FIRST_PICTURES = 2;
const COUNTED_PICTURES = 4;

/** What one invocation takes, on the average of some warm ones. */
export interface Invocation {
  cpuMs: number;
  memoryMiB: number;
  calls: Calls;
  /** Of those, what budgets and webhooks call: of small items that are in no index. */
  apartCalls: Calls;
}

export interface MeasuredAnalysis {
  announce: Invocation;
  work: Invocation;
  lookUp: Invocation;
  /** Of the record at its end, as the table bills it, and of what an index holds of it. */
  recordBytes: number;
  summaryBytes: number;
}

/** One analysis of a 12 Mpx photo by the packaged functions: announced, worked on, looked up. */
export async function measureAnalysis(progress: Progress): Promise<MeasuredAnalysis> {
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  try {
    const since = Date.now();
    await emulators.fill(1, since);
    const find = await bundle(emulators, folder.path);
    const ask = (name: string) => {
      progress.next(name);
      const events = Array.from({ length: FIRST + COUNTED }, () => readEvent(name, since));
      return invoke(emulators, find(name), { events, first: FIRST });
    };
    const announce = await ask('create-upload');
    const lookUp = await ask('get-analysis');
    progress.next('process-upload');
    return { announce, lookUp, ...(await work(emulators, find('process-upload'))) };
  } finally {
    await emulators.close();
  }
}

async function bundle(emulators: Emulators, folder: string) {
  const names = ['create-upload', 'get-analysis', 'process-upload'];
  const wanted = emulators.functions.filter(({ name }) => names.includes(name));
  const functions = await bundleFunctions(folder, wanted);
  return (name: string): BundledFunction => {
    const found = functions.find((each) => each.name === name);
    if (!found) throw new Error(`serverless.yml declares no ${name}`);
    return found;
  };
}

async function work(emulators: Emulators, worker: BundledFunction) {
  const [picture] = (await openCorpus([PICTURE])).pictures;
  if (!picture) throw new Error(`the corpus has no ${PICTURE}`);
  const times = FIRST_PICTURES + COUNTED_PICTURES;
  const { ids, events } = await emulators.put(picture.file, picture.mediaType, times);
  const done = await invoke(emulators, worker, { events, first: FIRST_PICTURES });
  return { work: done, ...(await readSizes(emulators, ids[0] ?? '')) };
}

interface Asked {
  events: unknown[];
  /** So many of them are not counted. */
  first: number;
}

async function invoke(
  emulators: Emulators,
  one: BundledFunction,
  { events, first }: Asked,
): Promise<Invocation> {
  const { cpuMs } = await withInstance(one, async (ask) => {
    await ask(events.slice(0, first));
    await emulators.takeCalls();
    return ask(events.slice(first));
  });
  const counted = events.length - first;
  const { awsCalls, apartCalls } = await emulators.takeCalls();
  const [calls, apart]: [Calls, Calls] = [{}, {}];
  for (const [name, count] of [...Object.entries(awsCalls), ...Object.entries(apartCalls)])
    calls[name] = (calls[name] ?? 0) + count / counted;
  for (const [name, count] of Object.entries(apartCalls)) apart[name] = count / counted;
  const memoryMiB = Number(one.environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  return { cpuMs: cpuMs / counted, memoryMiB, calls, apartCalls: apart };
}

async function readSizes(emulators: Emulators, id: string) {
  const { endpoint, region, accessKeyId, secretAccessKey, tableName } = emulators;
  const credentials = { accessKeyId, secretAccessKey };
  const table = connectTable({ endpoint, region, credentials });
  const record = await createAnalyses(table, tableName).read(id);
  if (!record || record.status === 'deleted') throw new Error(`${id} is gone`);
  const { result: _, safety: __, prompt: ___, ...summary } = record;
  const keys = { pk: `analysis#${id}`, clientKey: `${record.clientId}#${record.source.key}` };
  return {
    recordBytes: countItemBytes({ ...record, ...keys }),
    summaryBytes: countItemBytes({ ...summary, ...keys }),
  };
}
