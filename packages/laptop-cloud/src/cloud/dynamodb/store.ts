import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { makeWritesAtomic } from './atomic-writes.ts';
import { core, type Level, type Store } from './dynalite.ts';
import { createMender, type Mender } from './mend.ts';
import { createScrubber, rangeOf, type Scrubber } from './scrub.ts';
import { type StoredTable, storedTableSchema } from './table-definition.ts';

const lockedSchema = z.object({ cause: z.object({ code: z.literal('LEVEL_LOCKED') }) });

interface OpenStore extends Store {
  scrubber: Scrubber;
  mender: Mender;
}

/** Opens `dataDir/dynamodb`. Throws if another process has it open. */
export async function openStore(dataDir: string): Promise<OpenStore> {
  const path = join(dataDir, 'dynamodb');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const store = core.create({
    path,
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  closeStreams(store.db);
  const mender = createMender(store.db, path);
  const scrubber = createScrubber(store.db);
  makeWritesAtomic(store, scrubber);
  try {
    await store.db.open();
  } catch (cause) {
    if (!lockedSchema.safeParse(cause).success) throw cause;
    throw new Error(`Another process has the data folder ${dataDir} open`, { cause });
  }
  await healTables(store);
  await scrubber.open();
  return Object.assign(store, { scrubber, mender });
}

export function putTable(store: Store, table: StoredTable): Promise<void> {
  return store.db.put(`table~${table.TableName}`, table);
}

export async function findTable(store: Store, name: string): Promise<StoredTable | undefined> {
  const found = await listTables(store);
  return found.find(({ TableName }) => TableName === name);
}

async function listTables(store: Store): Promise<StoredTable[]> {
  const found: StoredTable[] = [];
  for await (const table of store.db.values(rangeOf('table~'))) {
    found.push(storedTableSchema.parse(table));
  }
  return found;
}

/** A kill during a creation or deletion leaves a table in a state that dynalite never ends. */
async function healTables(store: Store): Promise<void> {
  for (const table of await listTables(store)) {
    if (table.TableStatus === 'DELETING') await finishDeletion(store, table.TableName);
    else if (table.TableStatus !== 'ACTIVE') await putTable(store, activate(table));
  }
}

function activate(table: StoredTable): StoredTable {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    IndexStatus: 'ACTIVE',
  }));
  return {
    ...table,
    TableStatus: 'ACTIVE',
    ...(indexes && { GlobalSecondaryIndexes: indexes }),
  };
}

async function finishDeletion(store: Store, name: string): Promise<void> {
  const prefixes = [
    `item-${name}~`,
    `tag-${name}~`,
    `index-global~${name}~`,
    `index-local~${name}~`,
  ];
  for (const prefix of prefixes) await store.db.clear(rangeOf(prefix));
  await store.db.batch([{ type: 'del', key: `table~${name}` }]);
}

/**
 * dynalite's own streams never close their iterators. Each query would leave one open, and with it a
 * snapshot: a memory leak, and old values that LevelDB must keep.
 */
function closeStreams(db: Level): void {
  db.createKeyStream = (range) => Readable.from(db.keys(range ?? {}));
  db.createValueStream = (range) => Readable.from(db.values(range ?? {}));
}
