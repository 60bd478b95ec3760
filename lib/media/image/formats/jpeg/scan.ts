import { contentOf, isRestart, MARKER, type Segment } from './markers.ts';

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
  segments: readonly Segment[],
  maxHalvedBytes = MAX_CHEAP_BYTES,
): 'whole' | 'padded' | 'broken' | undefined {
  const scan = readBaselineScan(bytes, segments);
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

/** Frames whose blocks stand in one scan. */
const SEQUENTIAL: readonly number[] = [MARKER.SOF_BASELINE, MARKER.SOF_EXTENDED];
const TABLE_HEAD_BYTES = 17;
const BLOCK_EDGE = 8;

/** The one scan of a JPEG whose blocks stand in it all together, in Huffman's codes. */
interface BaselineScan {
  /** The start of its coded data. */
  data: number;
  /** Groups of blocks (MCUs), in all and from one restart to the next. */
  groups: number;
  interval: number;
  /** The tables of each block of a group, as they stand in `DHT`. */
  blocks: readonly { dc: Uint8Array; ac: Uint8Array }[];
  /** Does one colour value stand for two by two pixels, as most cameras write it? */
  isHalved: boolean;
}

interface Component {
  id: number;
  across: number;
  down: number;
}

/** Undefined for every other kind, and for one that makes no sense (ITU-R T.81, annex B). */
function readBaselineScan(
  bytes: Uint8Array,
  segments: readonly Segment[],
): BaselineScan | undefined {
  const tables = new Map<number, Uint8Array>();
  let frame: { width: number; height: number; components: Component[] } | undefined;
  let interval = 0;
  for (const segment of segments) {
    const { marker, end } = segment;
    const data = contentOf(bytes, segment);
    if (SEQUENTIAL.includes(marker)) frame = readFrame(data);
    else if (marker === MARKER.DHT) readTables(data, tables);
    else if (marker === MARKER.DRI) interval = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    else if (marker === MARKER.SOS)
      return frame && describeScan({ ...frame, tables, interval, data, end });
  }
  return undefined;
}

function readFrame(data: Uint8Array) {
  const view = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (data.length < 6 || data.length < 6 + 3 * (data[5] ?? 0)) return undefined;
  const components = Array.from({ length: data[5] ?? 0 }, (_, index) => {
    const [id = 0, sampling = 0] = data.subarray(6 + 3 * index);
    return { id, across: sampling >> 4, down: sampling & 15 };
  });
  return { width: view.readUInt16BE(3), height: view.readUInt16BE(1), components };
}

/** By their numbers, those for AC plus 16. */
function readTables(data: Uint8Array, tables: Map<number, Uint8Array>): void {
  for (let at = 0; at + TABLE_HEAD_BYTES <= data.length; ) {
    const counts = data.subarray(at + 1, at + TABLE_HEAD_BYTES);
    const end = at + TABLE_HEAD_BYTES + counts.reduce((sum, count) => sum + count, 0);
    tables.set(data[at] ?? 0, data.subarray(at + 1, end));
    at = end;
  }
}

function describeScan(scan: {
  width: number;
  height: number;
  components: Component[];
  tables: ReadonlyMap<number, Uint8Array>;
  interval: number;
  data: Uint8Array;
  end: number;
}): BaselineScan | undefined {
  const { width, height, components, tables, data, end } = scan;
  const isWhole = data[0] === components.length;
  const single = components.length === 1;
  const blocks = components.flatMap(({ id, across, down }, index) => {
    const [chosen, numbers = 0] = data.subarray(1 + 2 * index);
    const [dc, ac] = [tables.get(numbers >> 4), tables.get(16 + (numbers & 15))];
    if (chosen !== id || !dc || !ac) return [];
    return Array.from({ length: single ? 1 : across * down }, () => ({ dc, ac }));
  });
  const most = (pick: (component: Component) => number) =>
    single ? 1 : Math.max(...components.map(pick));
  const [across, down] = [most((component) => component.across), most(({ down }) => down)];
  const expected = components.reduce((sum, one) => sum + (single ? 1 : one.across * one.down), 0);
  if (!isWhole || blocks.length !== expected || expected === 0) return undefined;
  const groups = Math.ceil(width / (BLOCK_EDGE * across)) * Math.ceil(height / (BLOCK_EDGE * down));
  const isHalved = components.length === 3 && across === 2 && down === 2;
  return { data: end, groups, interval: scan.interval || groups, blocks, isHalved };
}

/** Bits that are looked at for one code: no code of a JPEG is longer. */
const CODE_BITS = 16;
/** Bits that are looked at for several codes at once: a table that stays in the processor's cache. */
const PEEK_BITS = 12;
const SPARE_BITS = CODE_BITS - PEEK_BITS;
/** Places that the end of a block counts as: all that a block has, so that it always ends one. */
const BLOCK_PLACES = 64;

/**
 * The meaning of the next bits, in entries of bits | places << 5: how many bits the codes and the values
 * behind them take, and how many places of a block they fill. 0 where there is no such code.
 */
interface HuffmanTable {
  /** By the next 16 bits: the first code alone. */
  one: Uint16Array;
  /** By the next 12 bits: all codes that are whole within them, up to the end of a block. */
  many: Uint16Array;
}

/** From a table as it stands in `DHT` (ITU-R T.81, annex C): 16 counts by length, and the symbols. */
function buildHuffmanTable(table: Uint8Array, isDc: boolean): HuffmanTable {
  const one = new Uint16Array(2 ** CODE_BITS);
  let [from, next] = [0, CODE_BITS];
  for (let length = 1; length <= CODE_BITS; length += 1) {
    for (let count = table[length - 1] ?? 0; count > 0; count -= 1) {
      const to = from + 2 ** (CODE_BITS - length);
      one.fill(describeSymbol(table[next] ?? 0, length, isDc), from, to);
      [from, next] = [to, next + 1];
    }
  }
  return { one, many: isDc ? shorten(one) : joinCodes(one) };
}

/** The lower half of a symbol says how many bits of a value follow, the upper how many zeros go before it. */
function describeSymbol(symbol: number, length: number, isDc: boolean): number {
  if (isDc) return (length + symbol) & 31;
  const places = symbol === 0 ? BLOCK_PLACES : (symbol >> 4) + 1;
  return (length + (symbol & 15)) | (places << 5);
}

function shorten(one: Uint16Array): Uint16Array {
  const many = new Uint16Array(2 ** PEEK_BITS);
  for (let peek = 0; peek < many.length; peek += 1) {
    const entry = one[peek << SPARE_BITS] ?? 0;
    many[peek] = (entry & 31) > PEEK_BITS ? 0 : entry;
  }
  return many;
}

function joinCodes(one: Uint16Array): Uint16Array {
  const many = new Uint16Array(2 ** PEEK_BITS);
  for (let peek = 0; peek < many.length; peek += 1) many[peek] = joinFrom(one, peek);
  return many;
}

function joinFrom(one: Uint16Array, peek: number): number {
  let bits = 0;
  let places = 0;
  while (places < BLOCK_PLACES) {
    const entry = one[(peek << (bits + SPARE_BITS)) & 0xffff] ?? 0;
    const isLast = entry >> 5 === BLOCK_PLACES;
    const isWhole = entry !== 0 && bits + (entry & 31) <= PEEK_BITS;
    if (!isWhole || (!isLast && places + (entry >> 5) >= BLOCK_PLACES)) break;
    bits += entry & 31;
    places += entry >> 5;
  }
  return bits | (places << 5);
}

/** The end of the block that starts at this bit; −1 for bits that are no code. */
function skipBlock(view: DataView, start: number, dc: HuffmanTable, ac: HuffmanTable): number {
  const last = (view.byteLength - 4) * 8;
  let peek = (view.getUint32(start >>> 3) << (start & 7)) >>> 16;
  let entry = dc.many[peek >>> 4] || (dc.one[peek] ?? 0);
  let bit = start + entry;
  let place = 1;
  while (place < BLOCK_PLACES && entry !== 0 && bit <= last) {
    peek = (view.getUint32(bit >>> 3) << (bit & 7)) >>> 16;
    entry = ac.many[peek >>> 4] ?? 0;
    // A block may be full without the mark of its end: what follows is none of its codes.
    const isPast = place + ((entry >>> 5) & (BLOCK_PLACES - 1)) + (entry >>> 11) > BLOCK_PLACES;
    if (entry === 0 || isPast) entry = ac.one[peek] ?? 0;
    bit += entry & 31;
    place += entry >>> 5;
  }
  return entry === 0 ? -1 : bit;
}
