import type { CountedFile } from '../counted-file.ts';
import { cutOff } from '../counted-file.ts';
import type { ContainerFormat } from './container-format.ts';

/** The largest page that there can be, in bytes: 255 segments of 255, and its head (RFC 3533). */
const MAX_PAGE_BYTES = 65_307;
const HEAD_BYTES = 27;
const PAGE_START = 'OggS\0';

export const ogg: ContainerFormat = {
  matches: (start) => start.startsWith(PAGE_START) && !hasTheora(start),
  checkEnd: checkLastPage,
  chooseType: () => 'audio/ogg',
};

/** Whether an Ogg file is a video: the first page of one of its streams tells. */
export function isOggVideo(start: string): boolean {
  return start.startsWith(PAGE_START) && hasTheora(start);
}

function hasTheora(start: string): boolean {
  return start.includes('\x80theora');
}

/** An Ogg file has to end with a whole page. */
async function checkLastPage(file: CountedFile): Promise<void> {
  const start = Math.max(0, file.bytes - MAX_PAGE_BYTES);
  const tail = Buffer.from(await file.read(start, file.bytes));
  const ends = (at: number): boolean => at === tail.length || isZero(tail.subarray(at));
  for (let at = tail.lastIndexOf(PAGE_START); at >= 0; at = before(tail, at)) {
    const end = findPageEnd(tail, at);
    if (end !== undefined && end <= tail.length && ends(end)) return;
  }
  throw cutOff();
}

function before(tail: Buffer, at: number): number {
  return at > 0 ? tail.lastIndexOf(PAGE_START, at - 1) : -1;
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
