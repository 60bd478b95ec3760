import { type Zippable, zipSync } from 'fflate';

const UNIX = 3;
/** What is above takes far longer for a thousandth less. */
const LEVEL = 6;
/** -rw-r--r--: Lambda reads as another user than the owner. */
const MODE = 0o100644 << 16;
/** The oldest that a zip can name; taken by fflate in local time, so made in it. */
const MODIFIED = new Date(1980, 0, 1);

export type Files = Map<string, Uint8Array>;

/**
 * A zip of the files, whose bytes depend on their names and contents alone. fflate and not
 * node:zlib: that one compresses differently on different processors.
 */
export function writeZip(files: Files): Uint8Array {
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  const entries: Zippable = Object.fromEntries(sorted);
  return zipSync(entries, { level: LEVEL, mtime: MODIFIED, os: UNIX, attrs: MODE });
}
