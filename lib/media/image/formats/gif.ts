import { MAX_FRAMES } from '../picture-limits.ts';
import type { PictureFormat, Structure } from './picture-format.ts';
import { openByVips, pixelBytes, readVipsHeader } from './vips.ts';

const HEADER_BYTES = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const COMMENT_LABEL = 0xfe;
const IMAGE_DESCRIPTOR_BYTES = 10;

interface GifStructure extends Structure {
  /** Pixels of the largest frame. */
  drawnPixels: number;
}

export const gif: PictureFormat<GifStructure> = {
  matches: (start) => start.startsWith('GIF87a') || start.startsWith('GIF89a'),
  loader: 'Nsgif',
  walk: walkGif,
  readHeader: (sharp, { bytes }) => readVipsHeader(sharp, bytes, 'warning', ['image/gif']),
  isTooShort: ({ structure }, { width, height }) => width * height > structure.drawnPixels,
  isFrameDecodedAlone: false,
  heldPixelBytes: pixelBytes,
  heldTimes: 1,
  emptiness: () => ({ pixelsPerByte: 400, pixelBytes: 5 }),
  readOwnExif: () => undefined,
  checkUndecoded: async () => undefined, // the walk has followed the codes of every frame
  open: async (sharp, { bytes }, facts) => openByVips(sharp, bytes, facts, 'warning'),
  kernel: 'lanczos3',
};

/**
 * Walks the blocks of a GIF up to the trailer (CompuServe, GIF89a specification), whose absence the decoder takes
 * for the last frame's end. Damaged is one with fewer pixels in any frame than this declares.
 */
function walkGif(bytes: Uint8Array): GifStructure {
  const structure = { damaged: false, frames: 0, hasComment: false, drawnPixels: 0 };
  let at = HEADER_BYTES + colourTableBytes(bytes[10]);
  while (isBlock(bytes[at]) && !structure.damaged && structure.frames <= MAX_FRAMES) {
    const isImage = bytes[at] === IMAGE;
    const data = at + (isImage ? imageHeaderBytes(bytes, at) : 2);
    if (isImage) {
      const pixels = read16(bytes, at + 5) * read16(bytes, at + 7);
      structure.frames += 1;
      structure.damaged = countLzwPixels(bytes, data, pixels) < pixels;
      structure.drawnPixels = Math.max(structure.drawnPixels, pixels);
    }
    structure.hasComment ||= !isImage && bytes[at + 1] === COMMENT_LABEL;
    at = skipSubBlocks(bytes, data);
  }
  // libvips takes a canvas that the first frame does not fill for a mistake.
  const declaredSize = { width: read16(bytes, 6), height: read16(bytes, 8) };
  return { ...structure, ended: bytes[at] === TRAILER, declaredSize };
}

function isBlock(code: number | undefined): boolean {
  return code === EXTENSION || code === IMAGE;
}

/** Descriptor, local colour table and the one byte of the code size. */
function imageHeaderBytes(bytes: Uint8Array, at: number): number {
  return IMAGE_DESCRIPTOR_BYTES + colourTableBytes(bytes[at + 9]) + 1;
}

function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function skipSubBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let size = bytes[at] ?? 0; size > 0; size = bytes[at] ?? 0) at += size + 1;
  return at + 1;
}

function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

const MAX_CODE_BITS = 12;
const TABLE_SIZE = 2 ** MAX_CODE_BITS;

/**
 * The number of pixels that a frame's data really holds, up to `enough`: fewer than its size says means that it
 * was cut or overwritten. Follows the codes and adds up lengths only, so a frame that unpacks to a
 * thousand times its bytes costs no more than those bytes. `from` is where its first sub-block starts,
 * behind the byte of the code size (GIF89a, appendix F).
 */
function countLzwPixels(bytes: Uint8Array, from: number, enough: number): number {
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

/** The pixels that each code stands for: 0 for a clear code, −1 for the end and for a code that cannot be. */
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
