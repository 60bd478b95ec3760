import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh data folder, which goes with this process. */
export function makeDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'sightline-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}
