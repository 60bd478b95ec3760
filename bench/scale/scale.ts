import { createAnalysisLists } from '../../lib/analysis/list-store.ts';
import { createAnalyses } from '../../lib/analysis/record-store.ts';
import { type Progress, startProgress } from '../harness/progress.ts';
import {
  type Measured,
  measureInTurn,
  median,
  medianRatio,
  type Variant,
} from '../harness/rounds.ts';
import type { Row, Table } from '../harness/table.ts';
import { readCpuMs } from '../harness/usage.ts';
import type { Options } from '../options.ts';
import {
  idOf,
  LARGE_CLIENT,
  numberOfWaiting,
  smallClient,
  WAITING_STEP,
} from '../service/population.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { type Charged, connectCountedTable } from './counted-table.ts';

/** Calls of one kind before the other table has its turn, and turns in a round: short ones, for a machine is busy for a while at a time. */
const CALLS = 8;
const TURNS = 5;
/** Before the first one, not counted. */
const FIRST_CALLS = 20;
const PAGE_ITEMS = 20;

interface Stored {
  count: number;
  analyses: ReturnType<typeof createAnalyses>;
  lists: ReturnType<typeof createAnalysisLists>;
  /** What calls were charged since this was asked last. */
  take(): Charged;
}

/** What is asked of a table, with the number of the call. */
type Ask = (stored: Stored, call: number) => Promise<unknown>;

/** Throws where there would be claims of what is claimed already: a refusal is another call, and cheaper. */
export function checkSizes({ rounds, sizes }: Options): void {
  const least = (FIRST_CALLS + rounds * TURNS * CALLS) * WAITING_STEP;
  if (Math.min(...sizes) < least)
    throw new Error(`scale takes --sizes of at least ${least} for --rounds ${rounds}`);
}

/** Get, list and claim where little is stored and where much is, turn by turn. */
export async function measureScale({ rounds, sizes }: Options): Promise<Table> {
  const since = Date.now();
  const asks = Object.entries(listAsks(since));
  const progress = startProgress('scale', sizes.length + asks.length * rounds * TURNS);
  const running: Emulators[] = [];
  try {
    const stores: Stored[] = [];
    for (const count of sizes) {
      progress.next(`storing ${count} analyses`);
      const emulators = await startEmulators();
      running.push(emulators);
      stores.push(await store(emulators, count, since));
    }
    const rows: Row[] = [];
    for (const [name, ask] of asks)
      rows.push(await measureAsk({ name, ask, stores, rounds, progress }));
    return { part: 'scale', rows, notes: [describeColumns(sizes)] };
  } finally {
    progress.end();
    for (const emulators of running) await emulators.close();
  }
}

function describeColumns([first = 0]: number[]): string {
  return `ms: wall time of a call by the service's own adapters, the emulated table's included; ×: as a multiple of that at ${first}; units: what AWS would bill a call for, and items: what a query reads, whatever the machine.`;
}

async function store(emulators: Emulators, count: number, since: number): Promise<Stored> {
  await emulators.fill(count, since);
  const { endpoint, region, accessKeyId, secretAccessKey, tableName } = emulators;
  const credentials = { accessKeyId, secretAccessKey };
  const { table, take } = connectCountedTable({ endpoint, region, credentials });
  const analyses = createAnalyses(table, tableName);
  return { count, analyses, lists: createAnalysisLists(table, tableName), take };
}

function listAsks(since: number): Record<string, Ask> {
  const page = (clientId: string) => ({ clientId, limit: PAGE_ITEMS, now: Date.now() });
  return {
    get: ({ analyses, count }, call) => analyses.read(idOf(spread(call, count), since)),
    'list, of half of all': ({ lists }) => lists.list(page(LARGE_CLIENT)),
    'list, one client among 1,000': ({ lists, count }, call) =>
      lists.list(page(smallClient(call, count))),
    claim: async ({ analyses, count }, call) => {
      const id = idOf(numberOfWaiting(call, count), since);
      if (!(await analyses.claimWaiting(id, createLease(call))))
        throw new Error(`${id} is claimed`);
    },
  };
}

/** A number below `count`, another one for each call until all were taken. */
function spread(call: number, count: number): number {
  const step = Math.max(1, Math.floor(count / 1_009)) * 2 + 1;
  return (call * step) % count;
}

function createLease(call: number) {
  const startedAt = new Date().toISOString();
  const leaseUntil = Date.now() + 60_000;
  return {
    status: 'processing',
    stage: 'validating',
    leaseToken: `bench-${call}`,
    leaseUntil,
    startedAt,
  } as const;
}

interface Work {
  name: string;
  ask: Ask;
  stores: readonly Stored[];
  rounds: number;
  progress: Progress;
}

async function measureAsk({ name, ask, stores, rounds, progress }: Work): Promise<Row> {
  const variants: Variant<undefined>[] = [];
  for (const stored of stores) variants.push(await createVariant(stored, ask));
  const measured = await measureInTurn(
    undefined,
    variants,
    rounds * TURNS,
    progress.ofRounds(name),
  );
  return { ...describeTimes(name, measured), ...describeCharges(stores) };
}

async function createVariant(stored: Stored, ask: Ask): Promise<Variant<undefined>> {
  let calls = 0;
  const askTimes = async (times: number) => {
    const wallMs: number[] = [];
    for (let done = 0; done < times; done += 1) {
      const start = performance.now();
      await ask(stored, calls);
      wallMs.push(performance.now() - start);
      calls += 1;
    }
    return wallMs;
  };
  await askTimes(FIRST_CALLS);
  stored.take();
  return {
    name: String(stored.count),
    async measure() {
      const cpuBefore = readCpuMs();
      const wallMs = median(await askTimes(CALLS));
      return { cpuMs: (readCpuMs() - cpuBefore) / CALLS, wallMs };
    },
  };
}

function describeTimes(name: string, [small, ...larger]: Measured[]): Row {
  const wall = ({ wallMs }: { wallMs?: number | undefined }) => wallMs;
  const row: Row = { call: name };
  if (!small) return row;
  row[`ms at ${small.name}`] = median(small.costs.map((cost) => cost.wallMs ?? NaN));
  for (const large of larger) {
    row[`ms at ${large.name}`] = median(large.costs.map((cost) => cost.wallMs ?? NaN));
    row[`× at ${large.name}`] = medianRatio(large, small, wall);
  }
  return row;
}

function describeCharges(stores: readonly Stored[]): Row {
  const row: Row = {};
  for (const { count, take } of stores) {
    const { calls, units, items } = take();
    row[`units at ${count}`] = units / calls;
    row[`items at ${count}`] = items > 0 ? items / calls : undefined;
  }
  return row;
}
