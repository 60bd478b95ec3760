import { type BaselineScan, readBaselineScan } from './baseline-scan.ts';
import { buildHuffmanTable, type HuffmanTable, skipBlock } from './huffman.ts';

/** Bytes behind the last block that are taken for padding. */
const MAX_PADDING_BYTES = 64;
/** Bytes behind the data, so that what is read at once never reaches out of it. */
const SPARE_BYTES = 8;
/** Bytes of coded data up to which the walk costs a twentieth of the decode even where that is cheap. */
const MAX_CHEAP_BYTES = 262_144;

/**
 * Does the coded data of a baseline JPEG hold as many blocks as its header says, more or fewer, or a few
 * bytes of padding behind them? Undefined for other kinds. The decoder looks back at its complaints before
 * each eight rows and not behind the last, and it stops where the header says. So the codes are followed to
 * their end, and nothing is made of them. Large ones of halved colours are left out unless asked for: there
 * the decoder reads ahead, and meets all but the data that is too much.
 */
export function walkScan(
  bytes: Uint8Array,
  maxHalvedBytes = MAX_CHEAP_BYTES,
): 'whole' | 'padded' | 'broken' | undefined {
  const scan = readBaselineScan(bytes);
  if (!scan || (scan.isHalved && bytes.length > maxHalvedBytes)) return undefined;
  const { data, ends } = unstuff(bytes, scan.data);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const blocks = buildTables(scan.blocks);
  let [at, left, padding] = [0, scan.groups, 0];
  for (const end of ends) {
    const groups = Math.min(left, scan.interval);
    const reached = skipGroups(view, at * 8, groups, blocks);
    if (reached < 0 || reached > end * 8) return 'broken';
    padding = Math.max(padding, Math.floor(end - reached / 8));
    [at, left] = [end, left - groups];
  }
  if (left > 0 || padding > MAX_PADDING_BYTES) return 'broken';
  return padding > 0 ? 'padded' : 'whole';
}

interface BlockTables {
  dc: HuffmanTable;
  ac: HuffmanTable;
}

/** Blocks of a group share their tables. */
function buildTables(blocks: BaselineScan['blocks']): BlockTables[] {
  const built = new Map<Uint8Array, HuffmanTable>();
  const build = (table: Uint8Array, isDc: boolean) => {
    const made = built.get(table) ?? buildHuffmanTable(table, isDc);
    built.set(table, made);
    return made;
  };
  return blocks.map(({ dc, ac }) => ({ dc: build(dc, true), ac: build(ac, false) }));
}

function skipGroups(
  view: DataView,
  start: number,
  groups: number,
  blocks: readonly BlockTables[],
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
