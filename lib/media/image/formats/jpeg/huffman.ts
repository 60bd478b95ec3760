/** Bits that are looked at for one code: no code of a JPEG is longer. */
const CODE_BITS = 16;
/** Bits that are looked at for several codes at once: a table that stays in the processor's cache. */
const PEEK_BITS = 12;
const SPARE_BITS = CODE_BITS - PEEK_BITS;
/** What the end of a block counts as, in places: as many as a block has, so that it always ends one. */
const BLOCK_PLACES = 64;

/**
 * What the next bits stand for, in entries of bits | places << 5: how many bits the codes and the values
 * behind them take, and how many places of a block they fill. 0 where there is no such code.
 */
export interface HuffmanTable {
  /** By the next 16 bits: the first code alone. */
  one: Uint16Array;
  /** By the next 12 bits: all codes that are whole within them, up to the end of a block. */
  many: Uint16Array;
}

/** From a table as it stands in `DHT` (ITU-R T.81, annex C): 16 counts by length, and the symbols. */
export function buildHuffmanTable(table: Uint8Array, isDc: boolean): HuffmanTable {
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

/** Where the block ends that starts at this bit; −1 for bits that are no code. */
export function skipBlock(
  view: DataView,
  start: number,
  dc: HuffmanTable,
  ac: HuffmanTable,
): number {
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
