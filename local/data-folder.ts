import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
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
  const folder = lock(dataDir, lockWaitMs);
  makePrivate(dataDir);
  return folder;
}

/** What a run leaves in its folder. */
const OWN_NAMES =
  /^((cloud|lock)\.sqlite.*|local\.json.*|sightline\.pid|dynamodb|gemini-files|logs|objects|page|secrets)$/;

/**
 * Takes from other users what earlier versions let them read. The files of `objects/` never were theirs; a
 * folder that holds other things, too, is somebody's own, and stays as it is.
 */
function makePrivate(dataDir: string): void {
  const entries = readdirSync(dataDir, { withFileTypes: true });
  const own = entries.filter(({ name }) => OWN_NAMES.test(name));
  if (own.length === entries.length) restrict(dataDir, 0o700);
  for (const entry of own) {
    const path = join(dataDir, entry.name);
    if (entry.isFile()) restrict(path, 0o600);
    if (!entry.isDirectory()) continue;
    restrict(path, 0o700);
    if (entry.name === 'objects') continue;
    for (const file of readdirSync(path, { withFileTypes: true }))
      if (file.isFile()) restrict(join(path, file.name), 0o600);
  }
}

function restrict(path: string, mode: number): void {
  try {
    if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
  } catch {
    // Another's, or a file system without rights: what cannot be used is told of where it is used.
  }
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
