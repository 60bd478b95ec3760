import { execFile } from 'node:child_process';
import {
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

/** The folder with the page as its sources are now: built by another process where nobody has built it yet. */
export async function readyPage(root: string): Promise<string> {
  const cache = join(root, 'node_modules/.cache/sightline-page');
  const folder = join(cache, hashPage(root));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  await promisify(execFile)(process.execPath, [join(root, 'infra/commands/page.ts'), unfinished]);
  keepBuilt(unfinished, folder);
  removeOld(cache, folder);
  return folder;
}

function keepBuilt(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // else another stack was faster
  }
}

function removeOld(cache: string, current: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (folder !== current && age > KEPT_MS) rmSync(folder, { recursive: true, force: true });
  }
}
