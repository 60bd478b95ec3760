import { reportFailure } from '../disk-trouble.ts';
import type { Level, LevelWrite } from './dynalite.ts';

/** The delay after a deletion, so that many deletions share one scrubbing. */
const SCRUB_DELAY_MS = 500;
const PENDING = 'scrub~';
/** Characters of the hash after a key's last `~`: enough for a small part of a table, too few to reveal the key. */
const HASH_CHARACTERS = 3;
// In no key of dynalite: one sorts before, the other after all keys with the same prefix.
const FIRST = '\x00';
const LAST = '\x7f';

export interface Scrubber {
  /** Marks to write in the same batch, so that the scrubbing survives a kill. */
  mark(writes: readonly LevelWrite[]): LevelWrite[];
  /** Scrubs the marked parts soon. */
  request(): void;
  /** Resumes with the marks of a killed run. */
  open(): Promise<void>;
  /** Scrubs the parts that are still marked. */
  close(): Promise<void>;
}

/**
 * LevelDB keeps deleted and overwritten values in its files until it compacts them, which may be never. The
 * scrubber makes it compact them, so that what a client deletes is gone from the disk.
 */
export function createScrubber(db: Level): Scrubber {
  const due = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  async function scrub(): Promise<void> {
    const parts = [...due];
    due.clear();
    // Twice: the first round writes values in memory to a file, with all their versions; only files are merged.
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

/** The deletions make the newest file overlap all older ones that hold the part, so that it is merged with them. */
async function compact(db: Level, parts: readonly string[]): Promise<void> {
  const marks = parts.flatMap((part) => [part + FIRST, part + LAST]);
  await db.batch(marks.map((key) => ({ type: 'del', key })));
  for (const part of parts) await db.compactRange(part + FIRST, part + LAST);
}

// dynalite's keys: `table~NAME`, `item-NAME~KEY`, `tag-NAME~KEY`, `index-global~NAME~INDEX~KEY`.
const RANGE_END = '\xff';

export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: prefix + RANGE_END };
}

export function itemRange(table: string) {
  return rangeOf(`item-${table}~`);
}
