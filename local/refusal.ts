import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DiskTrouble, findDiskTrouble } from 'laptop-cloud/disk-trouble';

/** Two pages of most databases; more files than one of them opens at once. */
const PROBE_BYTES = 8_192;
const PROBE_FILES = 16;

/** A reason not to start that the user can do something about: shown as it is, without a stack. */
export function createRefusal(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name: 'StartRefusal' });
}

/** A failure to listen on a port, in words that say what to do; other errors stay as they are. */
export function explainPort(
  error: unknown,
  { port: apiPort, awsPort }: { port: number; awsPort: number },
): unknown {
  if (!(error instanceof Error && 'port' in error)) return error;
  const port = Number(error.port);
  const name = port === awsPort && port !== apiPort ? 'AWS_PORT' : 'PORT';
  const code = readErrorCode(error);
  const another = `${name}=${port + 1} npm start`;
  if (code === 'EADDRINUSE') {
    return createRefusal(
      `Port ${port} is taken. Stop what uses it, or choose another one: ${another}`,
      error,
    );
  }
  if (code === 'EACCES') {
    return createRefusal(`Port ${port} needs more rights. Choose a higher one: ${another}`, error);
  }
  return error;
}

const ELSEWHERE = 'SIGHTLINE_DATA=/some/folder npm start';

/** What to do where a disk takes nothing; its data are as good as they were. */
const REMEDIES: Record<DiskTrouble, (place: string) => string> = {
  ENOSPC: (place) =>
    `The disk is full: nothing can be stored in ${place}.\nFree some space and start again, or choose a folder on another disk: ${ELSEWHERE}`,
  EDQUOT: (place) =>
    `Your disk quota is used up: nothing can be stored in ${place}.\nRemove what you do not need, or choose a folder on another disk: ${ELSEWHERE}`,
  EROFS: (place) =>
    `The disk is read-only: nothing can be stored in ${place}.\nChoose a folder on another disk: ${ELSEWHERE}`,
  EACCES: (place) => describeForeign(place),
  EPERM: (place) => describeForeign(place),
  EMFILE: () =>
    'Sightline may open no more files.\nRaise the limit and start again: ulimit -n 8192 && npm start',
  ENFILE: () => 'This machine has too many files open.\nEnd what holds them, and start again.',
  EIO: (place) =>
    `The disk fails (input/output error) at ${place}.\nCheck the disk, or choose a folder on another one: ${ELSEWHERE}`,
};

function describeForeign(place: string): string {
  return `${place} is not for this user to read and write.\nStart as its owner, change its owner or its rights (chown, chmod), or choose another folder: ${ELSEWHERE}`;
}

const STORES = /^(ERR_SQLITE_ERROR|LEVEL_)/;
const OTHER_KIND = /^(EEXIST|ENOTDIR|EISDIR|ERR_FS_EISDIR)/;

/** What the stores of a data folder throw: the disk takes nothing, or their files are not theirs any more. Unknown errors stay as they are. */
export function explainFolder(error: unknown, dataDir: string): unknown {
  if (error instanceof Error && error.name === 'StartRefusal') return error;
  const code = readErrorCode(error) ?? '';
  // SQLite tells of most of it as of a file that it cannot open.
  const trouble = findDiskTrouble(error) ?? (STORES.test(code) ? probeFolder(dataDir) : undefined);
  if (trouble) return createRefusal(REMEDIES[trouble](readPath(error) ?? dataDir), error);
  if (!STORES.test(code) && !OTHER_KIND.test(code)) return error;
  const reason = error instanceof Error ? error.message : error;
  const told = isUnopened(error)
    ? `The data folder ${dataDir} cannot be opened: ${reason}\nStart again, or choose another one: ${ELSEWHERE}`
    : `The data folder ${dataDir} is damaged: ${reason}\nMove it away (a new one is made at the next start), or choose another one: ${ELSEWHERE}`;
  return createRefusal(told, error);
}

/** SQLite could not even look into the file: https://www.sqlite.org/rescode.html#cantopen */
function isUnopened(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 14;
}

/** What keeps the folder from taking a file, or this process from opening some, if anything does. */
function probeFolder(dataDir: string): DiskTrouble | undefined {
  const path = join(dataDir, `probe.${process.pid}`);
  const opened: number[] = [];
  try {
    writeFileSync(path, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    while (opened.length < PROBE_FILES) opened.push(openSync(path, 'r'));
    return undefined;
  } catch (error) {
    return findDiskTrouble(error);
  } finally {
    for (const file of opened) closeSync(file);
    rmSync(path, { force: true });
  }
}

/** Of a failed system call. */
function readPath(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error ? String(error.path) : undefined;
}

/** Node's code of a failed system call (`EADDRINUSE`), if it is one. */
function readErrorCode(error: unknown): string | undefined {
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return known ? String(error.code) : undefined;
}
