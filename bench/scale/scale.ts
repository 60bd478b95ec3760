import { createAnalyses } from '../../lib/aws/analyses.ts';
import { createAnalysisLists } from '../../lib/aws/analysis-lists.ts';
import { connectTable } from '../../lib/aws/connections.ts';
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
import { idOf, LARGE_CLIENT, smallClient } from '../service/population.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';

/** Calls of one kind in a round. */
const CALLS = 40;
const PAGE_ITEMS = 20;

interface Stored {
  count: number;
  emulators: Emulators;
  analyses: ReturnType<typeof createAnalyses>;
  lists: ReturnType<typeof createAnalysisLists>;
}

/** What is asked of a table, with the number of the call. */
type Ask = (stored: Stored, call: number) => Promise<unknown>;

/** Get, list and claim where little is stored and where much is, turn by turn. */
export async function measureScale({ rounds, sizes }: Options): Promise<Table> {
  const since = Date.now();
  const stores: Stored[] = [];
  try {
    for (const count of sizes) stores.push(await store(count, since));
    const rows: Row[] = [];
    for (const [name, ask] of Object.entries(listAsks(since))) {
      const variants = stores.map((stored) => createVariant(stored, ask));
      rows.push(describeRow(name, await measureInTurn(undefined, variants, rounds)));
    }
    const meaning = `Wall time of a call by the service's own adapters, the emulated table's included; ×: as a multiple of that at ${sizes[0]}.`;
    return { part: 'scale', rows, notes: [meaning] };
  } finally {
    for (const { emulators } of stores) await emulators.close();
  }
}

async function store(count: number, since: number): Promise<Stored> {
  const emulators = await startEmulators();
  await emulators.fill(count, since);
  const { endpoint, region, accessKeyId, secretAccessKey, tableName } = emulators;
  const credentials = { accessKeyId, secretAccessKey };
  const table = connectTable({ endpoint, region, credentials });
  const analyses = createAnalyses(table, tableName);
  return { count, emulators, analyses, lists: createAnalysisLists(table, tableName) };
}

function listAsks(since: number): Record<string, Ask> {
  const page = (clientId: string) => ({ clientId, limit: PAGE_ITEMS, now: Date.now() });
  return {
    get: ({ analyses, count }, call) => analyses.read(idOf(spread(call, count), since)),
    'list, of half of all': ({ lists }) => lists.list(page(LARGE_CLIENT)),
    'list, one client among 1,000': ({ lists }, call) =>
      lists.list(page(smallClient(2 * call + 1))),
    claim: ({ analyses, count }, call) =>
      analyses.claimWaiting(idOf(spread(call, count), since), createLease(call)),
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

function createVariant(stored: Stored, ask: Ask): Variant<undefined> {
  let calls = 0;
  return {
    name: String(stored.count),
    async measure() {
      const wallMs: number[] = [];
      const cpuBefore = readCpuMs();
      for (let done = 0; done < CALLS; done += 1) {
        const start = performance.now();
        await ask(stored, calls);
        wallMs.push(performance.now() - start);
        calls += 1;
      }
      return { cpuMs: (readCpuMs() - cpuBefore) / CALLS, wallMs: median(wallMs) };
    },
  };
}

function describeRow(name: string, [small, ...larger]: Measured[]): Row {
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
