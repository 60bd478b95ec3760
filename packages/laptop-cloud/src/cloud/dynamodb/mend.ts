import { statfs } from 'node:fs/promises';
import type { Level } from './dynalite.ts';

/** What LevelDB needs to open a database anew, in bytes: what it holds in memory (4 MB) becomes a file. */
const MIN_FREE_BYTES = 8_388_608;
const RETRY_MS = 1_000;
const WRITES = ['_put', '_del', '_batch', '_clear'] as const;

export interface Mender {
  /** Whether a write, or even a read, would fail as long as nothing is mended. */
  isNeeded(forWrite: boolean): boolean;
  /** Opens the database anew, after `quiesce`. Throws what the failed write threw where that cannot help yet. */
  mend(quiesce: () => Promise<void>): Promise<void>;
}

/**
 * A write that LevelDB cannot finish (the disk is full) leaves half a record in its log, and the log's place
 * is wrong from then on: later writes are acknowledged, and dropped at the next start without a word. So
 * nothing is written behind one that failed. Opened anew, LevelDB takes the log up to there, and begins
 * another.
 */
export function createMender(db: Level, folder: string): Mender {
  let failure: unknown;
  let last: Promise<unknown> = Promise.resolve();
  let triedAt = 0;

  for (const name of WRITES) {
    const write = db[name].bind(db);
    // One after the other, so that none is on its way behind one that fails.
    db[name] = (...given) => {
      const mine = last.then(async () => {
        if (failure) throw failure;
        try {
          await write(...given);
        } catch (error) {
          failure = error;
          throw error;
        }
      });
      last = mine.catch(() => undefined);
      return mine;
    };
  }

  return {
    isNeeded: (forWrite) => failure !== undefined && (forWrite || db.status !== 'open'),
    async mend(quiesce) {
      const now = Date.now();
      if (now - triedAt < RETRY_MS || (await countFreeBytes(folder)) < MIN_FREE_BYTES)
        throw failure;
      triedAt = now;
      await quiesce();
      if (db.status === 'open') await db.close._original();
      await db.open();
      failure = undefined;
    },
  };
}

async function countFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
