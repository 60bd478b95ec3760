import { constants, crc32, inflateRawSync } from 'node:zlib';
import type { PictureFormat, Size, Structure } from './picture-format.ts';
import { openByVips, pixelBytes, readVipsHeader } from './vips.ts';

const SIGNATURE_BYTES = 8;
/** Length and type in front of a chunk's data, and the checksum behind it. */
const CHUNK_HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** Ten times what real files carry beside their rows; every text is an entry in the decoder's memory. */
const MAX_OTHER_CHUNKS = 1_000;
/** Packed rows, in bytes, beyond what the rows take unpacked: packing adds a thousandth at most. */
const MAX_PACKING_BYTES = 65_536;
const HEADER_END = 33;
/** Samples a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA. */
const SAMPLES = [1, 0, 3, 1, 2, 0, 4];

interface PngStructure extends Structure {
  /** Bits of a pixel, by the header. */
  pixelBits: number;
}

export const png: PictureFormat<PngStructure> = {
  matches: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  loader: 'Png',
  walk: walkPng,
  readHeader: (sharp, { bytes }) => readVipsHeader(sharp, bytes, 'warning', ['image/png']),
  isTooShort: ({ bytes, structure }, { width, height }) =>
    Math.ceil((width * structure.pixelBits) / 8) * height > bytes.length * MAX_UNPACKING,
  isFrameDecodedAlone: true,
  heldPixelBytes: (header) => (header.isProgressive ? pixelBytes(header) : 0),
  heldTimes: 1,
  emptiness: () => undefined,
  readOwnExif: () => undefined,
  checkUndecoded: async () => undefined, // the walk has seen every checksum
  open: async (sharp, { bytes }, facts) => openByVips(sharp, bytes, facts, 'warning'),
  kernel: 'lanczos3',
};

/**
 * Walks the chunks of a PNG up to `IEND` (W3C PNG, third edition, 5): a decoder that stops at the last row does
 * not notice that it is missing. Damaged are wrong checksums, also of chunks that no decoder here reads, and more
 * rows than the header's picture has, which the decoder would unpack to no end.
 */
function walkPng(bytes: Uint8Array): PngStructure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { pixelBits, declaredSize } = readImageHeader(view);
  const structure = { ended: false, frames: 1, pixelBits, declaredSize };
  const maxPacked = mostPackedBytes(pixelBits, declaredSize);
  const counts = { fcTL: 0, others: 0, packed: 0 };
  const isTextFine = createTextBudget();
  for (const { type, data, isIntact } of listChunks(view)) {
    if (!isIntact) return { ...structure, damaged: true };
    if (type === 'IEND') return { ...structure, ended: true, frames: Math.max(1, counts.fcTL) };
    countChunk(counts, type, data);
    if (counts.packed > maxPacked) return { ...structure, damaged: true };
    const isHeavy = counts.others > MAX_OTHER_CHUNKS;
    if (isHeavy || !isTextFine(type, data)) return { ...structure, tooComplex: true };
  }
  return structure;
}

/** `IHDR`, which comes first. */
function readImageHeader(view: Buffer): { pixelBits: number; declaredSize: Size | undefined } {
  if (view.length < HEADER_END) return { pixelBits: 0, declaredSize: undefined };
  const pixelBits = (view[24] ?? 0) * (SAMPLES[view[25] ?? 0] ?? 0);
  return {
    pixelBits,
    declaredSize: { width: view.readUInt32BE(16), height: view.readUInt32BE(20) },
  };
}

function countChunk(
  counts: { fcTL: number; others: number; packed: number },
  type: string,
  data: Buffer,
): void {
  if (type === 'fcTL') counts.fcTL += 1;
  else if (type === 'IDAT') counts.packed += data.length;
  else if (type !== 'fdAT') counts.others += 1;
}

function* listChunks(view: Buffer) {
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_HEAD_BYTES + CHECKSUM_BYTES <= view.length) {
    const start = at + CHUNK_HEAD_BYTES;
    const end = start + view.readUInt32BE(at);
    if (end + CHECKSUM_BYTES > view.length) return;
    const isIntact = crc32(view.subarray(at + 4, end)) === view.readUInt32BE(end);
    yield {
      type: view.toString('latin1', at + 4, start),
      data: view.subarray(start, end),
      isIntact,
    };
    at = end + CHECKSUM_BYTES;
  }
}

/** The most that the rows of the declared picture can take; more would never be looked at. */
function mostPackedBytes(pixelBits: number, size: Size | undefined): number {
  if (!size) return 0;
  const rows = size.height * (2 + Math.ceil((size.width * pixelBits) / 8)); // Adam7 has twice as many rows
  return rows * 1.001 + MAX_PACKING_BYTES;
}

/** Bytes that a PNG's texts and profile may unpack to, together; real ones hold kilobytes. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

const ZLIB_HEADER_BYTES = 2;
/** Bytes that one of packed data can become at most (RFC 1951: 258 bytes for two bits). */
const MAX_UNPACKING = 1_032;

/** The packed data of these chunks; undefined where it is not packed. */
const PACKED: Partial<Record<string, (data: Buffer) => Buffer | undefined>> = {
  iCCP: (data) => behindZeros(data, 1)?.subarray(1),
  zTXt: (data) => behindZeros(data, 1)?.subarray(1),
  iTXt: (data) => {
    const flags = behindZeros(data, 1);
    return flags?.[0] === 1 ? behindZeros(flags.subarray(2), 2) : undefined;
  },
};

/**
 * Counts what packed texts unpack to, and stops early: 6 MB of them may hold 6 GB, and the decoder
 * unpacks them on its way to the rows. Answers whether it is still within the limit.
 */
function createTextBudget(): (type: string, data: Buffer) => boolean {
  let left = MAX_UNPACKED_BYTES;
  return (type, data) => {
    const packed = PACKED[type]?.(data);
    if (packed) left -= unpackedBytes(packed, left);
    return left > 0;
  };
}

/** Also what a stream without its end or with a wrong checksum unpacks to: the decoder learns of that last. */
function unpackedBytes(packed: Buffer, most: number): number {
  const options = { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH };
  try {
    return inflateRawSync(packed.subarray(ZLIB_HEADER_BYTES), options).length;
  } catch (error) {
    // How much came before a fault, nobody tells.
    return error instanceof RangeError ? most : Math.min(most, packed.length * MAX_UNPACKING);
  }
}

/** The rest behind so many zero bytes. */
function behindZeros(data: Buffer, zeros: number): Buffer | undefined {
  const at = data.indexOf(0);
  if (at < 0) return undefined;
  const rest = data.subarray(at + 1);
  return zeros > 1 ? behindZeros(rest, zeros - 1) : rest;
}
