import type { CountedFile } from '../counted-file.ts';
import { cutOff } from '../counted-file.ts';

/** The largest page that there can be, in bytes: 255 segments of 255, and its head (RFC 3533). */
const MAX_PAGE_BYTES = 65_307;
const HEAD_BYTES = 27;
const PATTERN = Buffer.from('OggS\0', 'latin1');

/** Whether an Ogg file ends with a whole page. Throws `file_malformed`. */
export async function checkOgg(file: CountedFile): Promise<void> {
  const start = Math.max(0, file.bytes - MAX_PAGE_BYTES);
  const tail = Buffer.from(await file.read(start, file.bytes));
  const ends = (at: number): boolean => at === tail.length || isZero(tail.subarray(at));
  for (let at = tail.lastIndexOf(PATTERN); at >= 0; at = before(tail, at)) {
    const end = findPageEnd(tail, at);
    if (end !== undefined && end <= tail.length && ends(end)) return;
  }
  throw cutOff();
}

function before(tail: Buffer, at: number): number {
  return at > 0 ? tail.lastIndexOf(PATTERN, at - 1) : -1;
}

function findPageEnd(tail: Buffer, at: number): number | undefined {
  const segments = tail[at + HEAD_BYTES - 1];
  if (segments === undefined) return undefined;
  const body = at + HEAD_BYTES + segments;
  const sizes = tail.subarray(at + HEAD_BYTES, body);
  return sizes.length < segments ? undefined : body + sizes.reduce((sum, size) => sum + size, 0);
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
