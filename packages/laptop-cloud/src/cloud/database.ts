import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { reportFailure } from './disk-trouble.ts';

const BUSY_TIMEOUT_MILLISECONDS = 5_000;
const TRUNCATE_INTERVAL_MILLISECONDS = 1_000;

/**
 * Opens `cloud.sqlite` in `dataDir`, creating both where they are missing. Storage's metadata and the
 * queues share it, so that "object stored" and "event enqueued" are one transaction.
 */
export function openDatabase(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'cloud.sqlite');
  preparePrivateFile(path);
  const database = new DatabaseSync(path, {
    timeout: BUSY_TIMEOUT_MILLISECONDS,
  });
  // With WAL, NORMAL loses nothing when the process is killed; only a power cut can take the last commits.
  // secure_delete: deleted rows are overwritten.
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;',
  );
  return database;
}

/**
 * Creates SQLite's file for its owner alone; SQLite gives its logs the same mode. Throws if this user may not
 * write it. An existing file is not opened: closing it would drop the locks that this process holds on it.
 */
export function preparePrivateFile(path: string): void {
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  else closeSync(openSync(path, 'a', 0o600));
}

/** Truncates the write-ahead log regularly: it holds deleted rows. The returned function ends that. */
export function truncateLog(database: DatabaseSync): () => void {
  const changes = database.prepare('SELECT total_changes() AS changes');
  const truncate = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  let known: unknown;
  const timer = setInterval(() => {
    const now = changes.get()?.changes;
    if (now === known) return;
    try {
      truncate.get();
      known = now;
    } catch (error) {
      reportFailure('the log could not be truncated', error); // next time
    }
  }, TRUNCATE_INTERVAL_MILLISECONDS).unref();
  return () => clearInterval(timer);
}

/** Runs `work` in one transaction, or joins the outer one. Rolls back and rethrows if it throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back by itself after some errors (a full disk, for one).
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
