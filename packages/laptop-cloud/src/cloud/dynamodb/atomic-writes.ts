import { core, type Item, type LevelWrite, type Store } from './dynalite.ts';
import { hasForeignNumber, NUMBER_OVERFLOW } from './numbers.ts';
import type { Scrubber } from './scrub.ts';
import type { StoredTable } from './table-definition.ts';

const stagedWrites = new WeakMap<Store, Map<string, LevelWrite[]>>();

/**
 * dynalite writes an item's index rows first, and the item after them. A kill in between would leave index
 * rows of an item that was never stored. Here the rows wait for the item, and are written with it in one
 * batch. After a deletion its remains are scrubbed.
 */
export function makeWritesAtomic(store: Store, scrubber: Scrubber): void {
  const staged = new Map<string, LevelWrite[]>();
  stagedWrites.set(store, staged);
  const getItemDb = store.getItemDb;
  const replaced = new Set<object>();
  const takeStaged = (table: string, key: string) => {
    const writes = staged.get(`${table}~${key}`) ?? [];
    staged.delete(`${table}~${key}`);
    return writes;
  };
  store.getItemDb = (table) => {
    const items = getItemDb(table);
    if (replaced.has(items)) return items;
    replaced.add(items);
    const write = (key: string, own: LevelWrite, done: (error: unknown) => void) => {
      const writes = [...takeStaged(table, key), own];
      const marked = [...writes, ...scrubber.mark(writes)];
      const written = store.db.batch(marked).finally(scrubber.request);
      void written.then(() => done(null), done);
    };
    items.put = (key, value, done) =>
      write(key, { type: 'put', key: `item-${table}~${key}`, value }, done);
    items.del = (key, done) => write(key, { type: 'del', key: `item-${table}~${key}` }, done);
    return items;
  };
}

const updateIndexes = core.updateIndexes;
core.updateIndexes = (store, table, existing, item, done) => {
  const staged = stagedWrites.get(store);
  const subject = item ?? existing;
  if (!staged || !subject) return updateIndexes(store, table, existing, item, done);
  // The last step before an item is stored, whatever made it.
  if (item && hasForeignNumber(item)) return done(core.validationError(NUMBER_OVERFLOW));
  staged.set(
    `${table.TableName}~${core.createKey(subject, table)}`,
    listIndexWrites(table, existing, item),
  );
  done(null);
};

/** The writes to the table's indexes that a change of an item causes. */
export function listIndexWrites(
  table: StoredTable,
  existing: Item | undefined,
  item: Item | undefined,
): LevelWrite[] {
  const { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } = table;
  return [
    ...listWritesOf('global', GlobalSecondaryIndexes, table, existing, item),
    ...listWritesOf('local', LocalSecondaryIndexes, table, existing, item),
  ];
}

function listWritesOf(
  kind: 'global' | 'local',
  indexes: unknown[],
  table: StoredTable,
  existing: Item | undefined,
  item: Item | undefined,
): LevelWrite[] {
  const { puts, deletes } = core.getIndexActions(indexes, existing, item, table);
  const keyOf = ({ index, key }: { index: string; key: string }) =>
    `index-${kind}~${table.TableName}~${index}~${key}`;
  return [
    ...deletes.map((one): LevelWrite => ({ type: 'del', key: keyOf(one) })),
    ...puts.map((one): LevelWrite => ({ type: 'put', key: keyOf(one), value: one.item })),
  ];
}
