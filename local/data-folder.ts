import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { preparePrivateFile } from 'laptop-cloud/database';
import { findDiskTrouble } from 'laptop-cloud/disk-trouble';
import { createRefusal, explainFolder } from './refusal.ts';

// A lock that nothing refers to any more would be let go by the garbage collector.
const locks = new Set<DatabaseSync>();
const LOCK_WAIT_MS = 5_000; // one that is just ending gets the time it has for that

export interface DataFolder {
  /** Gives the folder free for another run. */
  close(): void;
}

/** Creates the folder and holds it for this process. Throws a refusal that says what to do. */
export function openDataFolder(dataDir: string, lockWaitMs = LOCK_WAIT_MS): DataFolder {
  try {
    makeFolder(join(dataDir, 'secrets'));
    chmodSync(join(dataDir, 'secrets'), 0o700);
  } catch (error) {
    if (findDiskTrouble(error)) throw explainFolder(error, dataDir);
    const reason = error instanceof Error ? error.message : error;
    throw createRefusal(
      `The data folder ${dataDir} cannot be used: ${reason}\nChoose another one: SIGHTLINE_DATA=/some/folder npm start`,
      error,
    );
  }
  return lock(dataDir, lockWaitMs);
}

/** Step by step: Node's own recursive mkdir never ends where a folder that is there takes none (/proc). */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (!existsSync(parent)) makeFolder(parent);
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}

/**
 * A lock of the operating system on a file, by way of SQLite: it ends with its process, however that
 * ends. A file with a process id in it outlives `kill -9`, and the id may be another's by then.
 */
function lock(dataDir: string, waitMs: number): DataFolder {
  const pidFile = join(dataDir, 'sightline.pid');
  let database: DatabaseSync | undefined;
  try {
    const path = join(dataDir, 'lock.sqlite');
    preparePrivateFile(path);
    database = new DatabaseSync(path, { timeout: waitMs });
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 }); // for the message above all
  } catch (error) {
    database?.close();
    throw describeLocked(dataDir, pidFile, error);
  }
  const held = database;
  locks.add(held);
  return {
    close() {
      rmSync(pidFile, { force: true });
      held.close();
      locks.delete(held);
    },
  };
}

function describeLocked(dataDir: string, pidFile: string, error: unknown): unknown {
  const reason = error instanceof Error ? error.message : String(error);
  if (!/locked/.test(reason)) return explainFolder(error, dataDir);
  return createRefusal(
    `Another Sightline${readPid(pidFile)} is running with the data folder ${dataDir}.\nStop it, or choose another folder and other ports: SIGHTLINE_DATA=/some/folder PORT=3001 AWS_PORT=4567 npm start`,
    error,
  );
}

function readPid(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

/** Whole or not at all, and for nobody else's eyes. */
export function writePrivateFile(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
