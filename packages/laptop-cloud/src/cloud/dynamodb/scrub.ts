import { reportFailure } from '../disk-trouble.ts';
import type { Level, LevelWrite } from './dynalite.ts';

/** How long after a deletion, so that many of them make one scrubbing. */
const SCRUB_DELAY_MS = 500;
const PENDING = 'scrub~';
/** Of the hash behind a key's last `~`: enough to name a small part of a table, too few to tell of the key. */
const HASH_CHARACTERS = 3;
// No key of dynalite's holds these: one sorts before, the other behind all keys with the same beginning.
const FIRST = '\x00';
const LAST = '\x7f';

export interface Scrubber {
  /** What has to be written along with the writes of one batch, so that not even a kill makes it forgotten. */
  mark(writes: readonly LevelWrite[]): LevelWrite[];
  /** Scrubs what has been marked, soon. */
  request(): void;
  /** Takes up what a killed run had marked. */
  open(): Promise<void>;
  /** Scrubs what is still marked. */
  close(): Promise<void>;
}

/**
 * LevelDB keeps what was deleted or overwritten in its files until it comes by to compact them, which may
 * be never. Here it has to come by, so that what a client deletes is gone from the disk.
 */
export function createScrubber(db: Level): Scrubber {
  const due = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  async function scrub(): Promise<void> {
    const parts = [...due];
    due.clear();
    // Twice: what was in memory only goes to a file with all its versions, and only files are merged.
    for (let rounds = 0; rounds < 2; rounds += 1) await compact(db, parts);
    const done = parts.filter((part) => !due.has(part));
    await db.batch(done.map((part) => ({ type: 'del', key: PENDING + part })));
  }

  function run(): void {
    timer = undefined;
    running = running
      .then(scrub)
      .catch((error: unknown) => reportFailure('scrubbing failed', error));
  }

  function request(): void {
    if (due.size > 0) timer ??= setTimeout(run, SCRUB_DELAY_MS);
  }

  return {
    mark(writes) {
      if (!writes.some(({ type }) => type === 'del')) return [];
      const parts = writes.map(({ key }) => partOf(key));
      for (const part of parts) due.add(part);
      return parts.map((part) => ({ type: 'put', key: PENDING + part, value: 1 }));
    },
    request,
    async open() {
      for await (const key of db.keys(rangeOf(PENDING))) due.add(key.slice(PENDING.length));
      request();
    },
    async close() {
      clearTimeout(timer);
      if (due.size > 0) run();
      await running;
    },
  };
}

function partOf(key: string): string {
  return key.slice(0, key.lastIndexOf('~') + 1 + HASH_CHARACTERS);
}

/** The marks make the newest file overlap all older ones that hold the part: so it is merged with them. */
async function compact(db: Level, parts: readonly string[]): Promise<void> {
  const marks = parts.flatMap((part) => [part + FIRST, part + LAST]);
  await db.batch(marks.map((key) => ({ type: 'del', key })));
  for (const part of parts) await db.compactRange(part + FIRST, part + LAST);
}

// Where dynalite puts things: `table~NAME`, `item-NAME~KEY`, `tag-NAME~KEY`, `index-global~NAME~INDEX~KEY`.
const RANGE_END = '\xff';

export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: prefix + RANGE_END };
}

export function itemRange(table: string) {
  return rangeOf(`item-${table}~`);
}
