import { makeBuildFolder } from '../harness/bundles.ts';
import { startProgress } from '../harness/progress.ts';
import { median, percentile } from '../harness/rounds.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { readEvent } from '../service/example-event.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import {
  type BundledFunction,
  bundleFunctions,
  type Invoked,
  withInstance,
} from '../service/start-function.ts';

const LOOK_UPS = [
  'get-analysis',
  'list-analyses',
  'get-usage',
  'list-analyzers',
  'get-analyzer',
  'list-webhooks',
  'get-health',
  'get-openapi',
];
const REQUESTS = 200;
/** Before them: connections, and code that has not run yet. */
const FIRST_REQUESTS = 20;
const STORED_ANALYSES = 200;

/** What an instance does of each look-up, one request at a time, as Lambda hands them over. */
export async function measureApi({ rounds }: Options): Promise<Table> {
  using folder = makeBuildFolder();
  const emulators = await startEmulators();
  try {
    const since = Date.now();
    await emulators.fill(STORED_ANALYSES, since);
    const wanted = emulators.functions.filter(({ name }) => LOOK_UPS.includes(name));
    const rows: Row[] = [];
    const progress = startProgress('api', wanted.length);
    for (const one of await bundleFunctions(folder.path, wanted)) {
      progress.next(one.name);
      rows.push(await measureLookUp(emulators, one, { event: readEvent(one.name, since), rounds }));
    }
    progress.end();
    const meaning =
      'One instance, one request at a time; the emulated table is part of the time. p99 CPU: of this process alone, so that a p99 far above it is the table’s or the machine’s.';
    return { part: 'api', rows, notes: [meaning] };
  } finally {
    await emulators.close();
  }
}

interface Work {
  event: object;
  rounds: number;
}

async function measureLookUp(emulators: Emulators, one: BundledFunction, { event, rounds }: Work) {
  const rows: Invoked[] = [];
  let calls = 0;
  for (let round = 0; round < rounds; round += 1) {
    const measured = await withInstance(one, async (invoke) => {
      await invoke(Array.from({ length: FIRST_REQUESTS }, () => event));
      await emulators.takeCalls();
      return invoke(Array.from({ length: REQUESTS }, () => event));
    });
    const { awsCalls, apartCalls } = await emulators.takeCalls();
    const counts = [...Object.values(awsCalls), ...Object.values(apartCalls)];
    calls = counts.reduce((sum, count) => sum + count, 0) / REQUESTS;
    rows.push(measured);
  }
  const wall = (pick: (wallMs: number[]) => number) =>
    median(rows.map(({ wallMs }) => pick(wallMs)));
  return {
    'look-up': one.name,
    'requests/s': wall((all) => (1_000 * all.length) / all.reduce((sum, each) => sum + each, 0)),
    'p50 ms': wall(median),
    'p99 ms': wall((all) => percentile(all, 0.99)),
    'p99 CPU ms': median(rows.map(({ cpuEachMs }) => percentile(cpuEachMs, 0.99))),
    'CPU ms': median(rows.map(({ cpuMs }) => cpuMs / REQUESTS)),
    'peak MiB': median(rows.map(({ peakMiB }) => peakMiB)),
    'AWS calls': calls,
  };
}
