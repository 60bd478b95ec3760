import { z } from 'zod';
import {
  type AwsService,
  awsError,
  describeFailure,
  readAwsJson,
  sendAwsJson,
} from '../aws-service.ts';
import { reportFailure } from '../disk-trouble.ts';
import { listIndexWrites } from './atomic-writes.ts';
import {
  type Answer,
  core,
  type Item,
  itemSchema,
  type LevelWrite,
  runOperation,
  type Store,
} from './dynalite.ts';
import { itemRange, rangeOf } from './scrub.ts';
import { findTable, openStore, putTable } from './store.ts';
import {
  hasSameIndexes,
  hasSameKey,
  type StoredTable,
  type TableDefinition,
  tableDefinitionSchema,
} from './table-definition.ts';

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

/** DynamoDB, by dynalite in this process, on `dataDir/dynamodb`. */
export interface Tables extends AwsService {
  /** Idempotent; rebuilds indexes that have changed. Throws for a changed key and for unsupported properties. */
  ensureTable(definition: TableDefinition): Promise<void>;
  /** Stores many new items without a call for each. */
  load(table: string, items: Iterable<Item>): Promise<void>;
  /** Deletes expired items. Runs every minute by itself, and when a table is declared. */
  sweep(): Promise<void>;
  /** Refuses new calls and waits for those under way. */
  close(): Promise<void>;
}

interface TablesOptions {
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
        const work = () => answer(store, ttlAttributes, operation, input);
        const { status, body } = await track(work, !READS.has(operation));
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

const READY_POLL_MS = 2;

/** Creates the table, or rebuilds its indexes if their declaration has changed. Throws if its key has. */
async function ensureTable(store: Store, definition: TableDefinition): Promise<void> {
  const { ttlAttribute: _, ...wanted } = definition;
  const stored = await findTable(store, wanted.TableName);
  if (!stored) return createTable(store, wanted);
  if (!hasSameKey(stored, wanted)) {
    throw new Error(
      `The table ${wanted.TableName} was made with another key than is declared now. ` +
        'Move the data folder away or delete it, and start again.',
    );
  }
  if (!hasSameIndexes(stored, wanted)) await rebuildIndexes(store, stored, wanted);
}

async function createTable(store: Store, wanted: TableDefinition): Promise<void> {
  const { status, body } = await runOperation(store, 'CreateTable', wanted);
  if (status !== 200) throw new Error(`Table ${wanted.TableName}: ${JSON.stringify(body)}`);
  while ((await findTable(store, wanted.TableName))?.TableStatus !== 'ACTIVE') {
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

/** The new declaration is stored last: a kill before that and the next start does all of it again. */
async function rebuildIndexes(
  store: Store,
  stored: StoredTable,
  wanted: TableDefinition,
): Promise<void> {
  const name = stored.TableName;
  const { GlobalSecondaryIndexes: _, ...rest } = stored;
  const table: StoredTable = {
    ...rest,
    AttributeDefinitions: wanted.AttributeDefinitions,
    ...(wanted.GlobalSecondaryIndexes && {
      GlobalSecondaryIndexes: wanted.GlobalSecondaryIndexes.map((index) => ({
        ...index,
        IndexArn: `${stored.TableArn}/index/${index.IndexName}`,
        IndexStatus: 'ACTIVE',
        IndexSizeBytes: 0,
        ItemCount: 0,
        ProvisionedThroughput: {
          ReadCapacityUnits: 0,
          WriteCapacityUnits: 0,
          NumberOfDecreasesToday: 0,
        },
      })),
    }),
  };
  await store.db.clear(rangeOf(`index-global~${name}~`));
  for await (const item of store.db.values(itemRange(name))) {
    await store.db.batch(listIndexWrites(table, undefined, itemSchema.parse(item)));
  }
  await putTable(store, table);
}

/** Items written by one batch. */
const BATCH = 500;

/** Stores items that are not there yet, some hundred at once. Throws where there is no such table. */
async function loadItems(store: Store, name: string, items: Iterable<Item>): Promise<void> {
  const table = await findTable(store, name);
  if (!table) throw new Error(`no table ${name}`);
  let writes: LevelWrite[] = [];
  let held = 0;
  for (const item of items) {
    const key = `item-${name}~${core.createKey(item, table)}`;
    writes.push(...listIndexWrites(table, undefined, item), { type: 'put', key, value: item });
    held += 1;
    if (held % BATCH > 0) continue;
    await store.db.batch(writes);
    writes = [];
  }
  await store.db.batch(writes);
}

// AWS takes an older end for a mistake and keeps the item.
const OLDEST_END_SECONDS = 5 * 365 * 24 * 3600;

const pageSchema = z.object({
  Items: z.array(itemSchema),
  LastEvaluatedKey: z.unknown().optional(),
});

/** Deletes the table's items whose end, in seconds since 1970, is past. Returns how many were tried. */
async function sweepTable(
  store: Store,
  name: string,
  attribute: string,
  nowSeconds: number,
): Promise<number> {
  const keys = (await findTable(store, name))?.KeySchema.map((key) => key.AttributeName) ?? [];
  const due = {
    TableName: name,
    ExpressionAttributeNames: { '#end': attribute },
    ExpressionAttributeValues: {
      ':now': { N: String(nowSeconds) },
      ':oldest': { N: String(nowSeconds - OLDEST_END_SECONDS) },
    },
  };
  const condition = '#end < :now AND #end > :oldest';
  let tried = 0;
  let start: unknown;
  do {
    const page = pageSchema.parse(
      await run(store, 'Scan', {
        ...due,
        FilterExpression: condition,
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    );
    for (const item of page.Items) {
      const Key = Object.fromEntries(keys.map((key) => [key, item[key]]));
      // Again under the condition: the item may have been renewed since the scan.
      await run(store, 'DeleteItem', { ...due, Key, ConditionExpression: condition });
      tried += 1;
    }
    start = page.LastEvaluatedKey;
  } while (start);
  return tried;
}

async function run(store: Store, operation: string, input: object): Promise<object> {
  return (await runOperation(store, operation, input)).body;
}
