import { listIndexWrites } from './atomic-writes.ts';
import { core, type Item, type LevelWrite, type Store } from './dynalite.ts';
import { findTable } from './store.ts';

/** Items written by one batch. */
const BATCH = 500;

/** Stores items that are not there yet, some hundred at once. Throws where there is no such table. */
export async function loadItems(store: Store, name: string, items: Iterable<Item>): Promise<void> {
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
