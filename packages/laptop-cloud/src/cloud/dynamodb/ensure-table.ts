import { listIndexWrites } from './atomic-writes.ts';
import { itemSchema, type Store } from './dynalite.ts';
import { itemRange, rangeOf } from './ranges.ts';
import { runOperation } from './run-operation.ts';
import { findTable, putTable } from './store.ts';
import {
  hasSameIndexes,
  hasSameKey,
  type StoredTable,
  type TableDefinition,
} from './table-definition.ts';

const READY_POLL_MS = 2;

/** Creates the table, or builds its indexes anew where their declaration has changed. Throws where its key has. */
export async function ensureTable(store: Store, definition: TableDefinition): Promise<void> {
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
