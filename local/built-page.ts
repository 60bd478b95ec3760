import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hashPage } from './hash-page.ts';

/** Pages of other sources are kept so long: another stack may be serving one. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * The folder with the page as its sources are now: built by another process where nobody has built it yet,
 * into the first of the folders. Where that one takes nothing (the project is another user's, or on a disk
 * that is full or read-only), into the next.
 */
export async function readyPage(
  root: string,
  caches: readonly [string, ...string[]],
  print: (line: string) => void,
): Promise<string> {
  const name = hashPage(root);
  const known = caches.map((cache) => join(cache, name)).find(isReadable);
  if (known) return known;
  const [cache, ...others] = caches;
  try {
    return await buildInto(root, cache, name);
  } catch (error) {
    const [next, ...rest] = others;
    if (!next || !isSystemError(error)) throw error;
    print(`the page is kept in ${next}, for elsewhere it cannot be: ${error.message}`);
    return readyPage(root, [next, ...rest], print);
  }
}

/** Another user's may be closed to this one. */
function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    accessSync(join(folder, 'index.html'), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function buildInto(root: string, cache: string, name: string): Promise<string> {
  const folder = join(cache, name);
  mkdirSync(cache, { recursive: true });
  if (existsSync(folder)) accessSync(folder, constants.R_OK | constants.X_OK); // in the way, and not to be read
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  try {
    await build(root, unfinished);
    keepBuilt(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  removeOld(cache, folder);
  return folder;
}

const SYSTEM_CODES = /\b(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EMFILE|ENFILE|EIO)\b/;

/** What the system refuses to the building process is thrown as if it were refused to this one. */
async function build(root: string, path: string): Promise<void> {
  const script = join(root, 'infra/commands/page.ts');
  try {
    await promisify(execFile)(process.execPath, [script, path]);
  } catch (error) {
    const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const [, code] = SYSTEM_CODES.exec(told) ?? [];
    if (!code) throw error;
    const message = `${code}: the page could not be built in ${path}`;
    throw Object.assign(new Error(message, { cause: error }), { code, path, syscall: 'build' });
  }
}

function keepBuilt(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!isReadable(folder)) throw error; // else another stack was faster
  }
}

/** What cannot be removed is another user's, or is in use. */
function removeOld(cache: string, current: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    try {
      const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if (folder !== current && age > KEPT_MS) rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
}

/** Of a call of the system, and not a build's own. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
