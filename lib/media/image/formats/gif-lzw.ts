const MAX_CODE_BITS = 12;
const TABLE_SIZE = 2 ** MAX_CODE_BITS;

/**
 * How many pixels a frame's data really holds, up to `enough`: fewer than its size says means that it
 * was cut or overwritten. Follows the codes and adds up lengths only, so a frame that unpacks to a
 * thousand times its bytes costs no more than those bytes. `from` is where its first sub-block starts,
 * behind the byte of the code size (GIF89a, appendix F).
 */
export function countLzwPixels(bytes: Uint8Array, from: number, enough: number): number {
  const codeSize = bytes[from - 1] ?? 0;
  if (codeSize < 1 || codeSize >= MAX_CODE_BITS) return 0;
  const read = createCodeReader(bytes, from);
  const table = createLengthTable(codeSize);
  let pixels = 0;
  while (pixels < enough) {
    const length = table.follow(read(table.bits()));
    if (length < 0) break;
    pixels += length;
  }
  return pixels;
}

/** What each code stands for, in pixels: 0 for a clear code, −1 for the end and for what cannot be. */
function createLengthTable(codeSize: number) {
  const lengths = new Uint32Array(TABLE_SIZE).fill(1);
  const clear = 2 ** codeSize;
  let next = clear + 2;
  let bits = codeSize + 1;
  let previous = 0; // the length of what the last code stood for; 0 behind a clear code
  const reset = () => {
    next = clear + 2;
    bits = codeSize + 1;
    previous = 0;
    return 0;
  };
  const add = () => {
    if (previous === 0 || next === TABLE_SIZE) return;
    lengths[next] = previous + 1;
    next += 1;
    if (next === 2 ** bits && bits < MAX_CODE_BITS) bits += 1;
  };
  const follow = (code: number) => {
    if (code === clear) return reset();
    if (code < 0 || code === clear + 1) return -1;
    add();
    if (code >= next) return -1; // no such entry yet
    previous = lengths[code] ?? 1;
    return previous;
  };
  return { bits: () => bits, follow };
}

/** Codes of so many bits, least significant first, over the borders of sub-blocks; −1 at the end. */
function createCodeReader(bytes: Uint8Array, from: number): (bits: number) => number {
  let at = from + 1;
  let left = bytes[from] ?? 0;
  let pool = 0;
  let pooled = 0;
  return (bits) => {
    while (pooled < bits) {
      if (left === 0 || at >= bytes.length) return -1;
      pool |= (bytes[at] ?? 0) << pooled;
      pooled += 8;
      at += 1;
      left -= 1;
      if (left === 0) {
        left = bytes[at] ?? 0;
        at += 1;
      }
    }
    const code = pool & (2 ** bits - 1);
    pool >>>= bits;
    pooled -= bits;
    return code;
  };
}
