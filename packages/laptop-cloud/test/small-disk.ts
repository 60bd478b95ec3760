import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  folder: string;
  /** To the last byte. */
  fill(): void;
  /** Gives back what was filled. */
  free(): void;
  setWritable(writable: boolean): void;
  unmount(): void;
}

const mount = (...given: string[]) => spawnSync('mount', given).status === 0;

/** A file system of its own, in memory; undefined, and said aloud, where this user may mount none. */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'laptop-cloud-disk-'));
  if (!mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder)) {
    rmdirSync(folder);
    console.warn('SKIPPED: tests of a full disk, for this user may not mount one');
    return undefined;
  }
  const filling = join(folder, 'filling');
  return {
    folder,
    fill() {
      const file = openSync(filling, 'a');
      try {
        for (let bytes = 65_536; bytes >= 1; bytes /= 2) writeWhilePossible(file, bytes);
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filling, { force: true }),
    setWritable: (writable) => void mount('-o', `remount,${writable ? 'rw' : 'ro'}`, folder),
    unmount() {
      spawnSync('umount', ['--lazy', folder]);
      rmdirSync(folder);
    },
  };
}

function writeWhilePossible(file: number, bytes: number): void {
  const piece = Buffer.alloc(bytes);
  try {
    while (writeSync(file, piece) === bytes);
  } catch {
    // No room for so many.
  }
}
