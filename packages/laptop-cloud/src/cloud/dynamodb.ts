import { z } from 'zod';
import { describeFailure, readAwsJson, sendAwsJson } from './aws-json.ts';
import { reportFailure } from './disk-trouble.ts';
import type { Item, Store } from './dynamodb/dynalite.ts';
import { ensureTable } from './dynamodb/ensure-table.ts';
import { loadItems } from './dynamodb/load-items.ts';
import { type Answer, runOperation } from './dynamodb/run-operation.ts';
import { openStore } from './dynamodb/store.ts';
import { type TableDefinition, tableDefinitionSchema } from './dynamodb/table-definition.ts';
import { sweepTable } from './dynamodb/time-to-live.ts';
import { type AwsService, awsError } from './service.ts';

const SWEEP_INTERVAL_MS = 60_000;
/** They go on while nothing can be written. */
const READS = new Set([
  'BatchGetItem',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'Query',
  'Scan',
]);

/** DynamoDB, played by dynalite in this process on `dataDir/dynamodb`. */
export interface Tables extends AwsService {
  /** Idempotent; changed indexes are built anew. Throws for a changed key, and for what is not played here. */
  ensureTable(definition: TableDefinition): Promise<void>;
  /** Stores new items without a call for each: as many as calls would take minutes for. */
  load(table: string, items: Iterable<Item>): Promise<void>;
  /** Deletes what has outlived its TTL; done by itself every minute and when a table is declared. */
  sweep(): Promise<void>;
  /** Waits for the calls under way; later ones are refused. */
  close(): Promise<void>;
}

export interface TablesOptions {
  dataDir: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const tableNameSchema = z.object({ TableName: z.string() });

/** Throws where another process has the data folder open. */
export async function openTables({ dataDir, now = Date.now }: TablesOptions): Promise<Tables> {
  const store = await openStore(dataDir);
  const ttlAttributes = new Map<string, string>();
  const underWay = new Set<Promise<unknown>>();
  let mending: Promise<void> | undefined;
  let closed = false;

  const track = async <T>(work: () => Promise<T>, forWrite = true): Promise<T> => {
    await mending?.catch(() => undefined);
    if (store.mender.isNeeded(forWrite)) {
      mending ??= mend().finally(() => (mending = undefined));
      await mending;
    }
    if (closed) throw awsError('InternalServerError', 'The endpoint is shutting down.', 500);
    const promise = work();
    underWay.add(promise);
    return promise.finally(() => underWay.delete(promise));
  };
  const mend = async () => {
    await store.mender.mend(async () => {
      await Promise.allSettled(underWay);
      await store.scrubber.close();
    });
    await store.scrubber.open();
  };
  const sweep = async () => {
    for (const [name, attribute] of ttlAttributes) {
      await sweepTable(store, name, attribute, Math.floor(now() / 1000));
    }
  };
  const sweepQuietly = () => {
    if (!closed) track(sweep).catch((error: unknown) => reportFailure('sweep failed', error));
  };
  const timer = setInterval(sweepQuietly, SWEEP_INTERVAL_MS).unref();

  return {
    sweep: async () => track(sweep),
    load: async (table, items) => track(() => loadItems(store, table, items)),
    async ensureTable(input) {
      const definition = tableDefinitionSchema.parse(input);
      await track(() => ensureTable(store, definition));
      if (!definition.ttlAttribute) return;
      ttlAttributes.set(definition.TableName, definition.ttlAttribute);
      sweepQuietly();
    },
    async handle(request, response) {
      try {
        const { operation, input } = readAwsJson(request, 'DynamoDB_20120810');
        const run = () => answer(store, ttlAttributes, operation, input);
        const { status, body } = await track(run, !READS.has(operation));
        sendAwsJson(response, '1.0', status, body);
      } catch (error) {
        const { code, message, status } = describeFailure(error);
        const __type = `com.amazonaws.dynamodb.v20120810#${code}`;
        sendAwsJson(response, '1.0', status, { __type, message });
      }
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.allSettled([mending, ...underWay]);
      await store.scrubber.close();
      await store.db.close();
    },
  };
}

async function answer(
  store: Store,
  ttlAttributes: ReadonlyMap<string, string>,
  operation: string,
  input: unknown,
): Promise<Answer> {
  const result = await runOperation(store, operation, input);
  // dynalite always says "disabled".
  if (operation !== 'DescribeTimeToLive' || result.status !== 200) return result;
  const AttributeName = ttlAttributes.get(tableNameSchema.parse(input).TableName);
  if (!AttributeName) return result;
  const TimeToLiveDescription = { TimeToLiveStatus: 'ENABLED', AttributeName };
  return { status: 200, body: { TimeToLiveDescription } };
}
