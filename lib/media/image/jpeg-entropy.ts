import { skipBlock } from './jpeg-huffman.ts';
import { type BaselineScan, readBaselineScan } from './jpeg-scan.ts';

/** Bytes behind the last block that are taken for padding. */
const MAX_PADDING_BYTES = 64;
/** Bytes behind the data, so that what is read at once never reaches out of it. */
const SPARE_BYTES = 8;
/** Bytes of coded data up to which the walk costs a twentieth of the decode even where that is cheap. */
const MAX_CHEAP_BYTES = 262_144;

/**
 * Does the coded data of a baseline JPEG hold more or fewer blocks than its header says? The decoder looks
 * back at its complaints before each eight rows and not behind the last, and it stops where the header
 * says. So the codes are followed to their end, and nothing is made of them. Large ones of halved colours
 * are left out: there the decoder reads ahead, and meets all but the data that is too much.
 */
export function isScanBroken(bytes: Uint8Array): boolean {
  const scan = readBaselineScan(bytes);
  if (!scan || (scan.isHalved && bytes.length > MAX_CHEAP_BYTES)) return false;
  const { data, ends } = unstuff(bytes, scan.data);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let [at, left] = [0, scan.groups];
  for (const end of ends) {
    const groups = Math.min(left, scan.interval);
    const reached = skipGroups(view, at * 8, groups, scan.blocks);
    if (reached < 0 || reached > end * 8 || end - reached / 8 > MAX_PADDING_BYTES) return true;
    [at, left] = [end, left - groups];
  }
  return left > 0;
}

function skipGroups(
  view: DataView,
  start: number,
  groups: number,
  blocks: BaselineScan['blocks'],
): number {
  const last = (view.byteLength - SPARE_BYTES) * 8;
  let bit = start;
  for (let group = 0; group < groups; group += 1) {
    for (const { dc, ac } of blocks) {
      if (bit < 0 || bit > last) return -1;
      bit = skipBlock(view, bit, dc, ac);
    }
  }
  return bit;
}

/** The coded data without the zeros behind its FF bytes, and where each part that ends in a restart ends. */
function unstuff(bytes: Uint8Array, from: number): { data: Buffer; ends: number[] } {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = Buffer.alloc(source.length - from + SPARE_BYTES);
  const ends: number[] = [];
  let [at, length] = [from, 0];
  for (let code = 0; code === 0 || code === 0xff || isRestart(code); ) {
    const found = source.indexOf(0xff, at);
    const mark = found < 0 ? source.length : found;
    code = source[mark + 1] ?? 1;
    const end = code === 0 ? mark + 1 : mark;
    length += source.copy(data, length, at, end);
    if (isRestart(code)) ends.push(length);
    at = code === 0xff ? mark + 1 : mark + 2;
  }
  return { data: data.subarray(0, length + SPARE_BYTES), ends: [...ends, length] };
}

function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}
