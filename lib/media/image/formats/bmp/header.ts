/** The header of a BMP; sizes in pixels, places in bytes from the start of the file. */
export interface BmpHeader {
  width: number;
  height: number;
  isTopDown: boolean;
  bitsPerPixel: number;
  isRunLength: boolean;
  pixelsAt: number;
  palette: { at: number; entryBytes: 3 | 4; count: number };
  /** Bits of red, green, blue and alpha in a pixel of 16 or 32 bits; 0 where there is none. */
  masks: readonly [number, number, number, number];
  profile: Uint8Array | undefined;
}

const INFO_AT = 14;
const CORE_HEADER_BYTES = 12;
const INFO_HEADER_BYTES = 40;
const V3_HEADER_BYTES = 56;
const V5_HEADER_BYTES = 124;
const MAX_COLOURS = 256;
const RUN_LENGTHS: Record<number, number> = { 1: 8, 2: 4 };
const BITFIELDS = 3;
const ALPHA_BITFIELDS = 6;
const DEPTHS = [1, 2, 4, 8, 16, 24, 32];
/** `MBED`: the profile lies in the file. One that is only named, by a path, is never looked for. */
const EMBEDDED_PROFILE = 0x4d424544;

/**
 * Reads the headers of Windows 2 to 5 and OS/2; undefined for what no such header can say. Nothing is
 * allocated by it. Source: Microsoft, "Bitmap Header Types"; OS/2's packings are not among them.
 */
export function readBmpHeader(bytes: Uint8Array): BmpHeader | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = file.length >= INFO_AT + 4 ? file.readUInt32LE(INFO_AT) : 0;
  if (headerBytes < CORE_HEADER_BYTES || file.length < INFO_AT + headerBytes) return undefined;
  const header = headerBytes === CORE_HEADER_BYTES ? readCore(file) : readInfo(file, headerBytes);
  const { width, height, bitsPerPixel } = header;
  const isSane = width > 0 && height > 0 && DEPTHS.includes(bitsPerPixel);
  return isSane && isPacked(file, headerBytes, bitsPerPixel) ? header : undefined;
}

function readCore(file: Buffer): BmpHeader {
  const bitsPerPixel = file.readUInt16LE(24);
  return {
    width: file.readUInt16LE(18),
    height: file.readUInt16LE(20),
    isTopDown: false,
    bitsPerPixel,
    isRunLength: false,
    pixelsAt: file.readUInt32LE(10),
    palette: boundPalette(file, INFO_AT + CORE_HEADER_BYTES, 3, 2 ** bitsPerPixel),
    masks: masksOf(bitsPerPixel),
    profile: undefined,
  };
}

function readInfo(file: Buffer, headerBytes: number): BmpHeader {
  const bitsPerPixel = file.readUInt16LE(28);
  const height = file.readInt32LE(22);
  const compression = compressionOf(file, headerBytes);
  const colours = headerBytes >= INFO_HEADER_BYTES ? file.readUInt32LE(46) : 0;
  const masksBehind = headerBytes === INFO_HEADER_BYTES ? masksLength(compression) : 0;
  const paletteAt = INFO_AT + headerBytes + masksBehind;
  return {
    width: file.readInt32LE(18),
    height: Math.abs(height),
    isTopDown: height < 0,
    bitsPerPixel,
    isRunLength: compression in RUN_LENGTHS,
    pixelsAt: file.readUInt32LE(10),
    palette: boundPalette(file, paletteAt, 4, colours || 2 ** bitsPerPixel),
    masks: readMasks(file, headerBytes, bitsPerPixel, compression),
    profile: readProfile(file, headerBytes),
  };
}

function compressionOf(file: Buffer, headerBytes: number): number {
  return headerBytes >= INFO_HEADER_BYTES ? file.readUInt32LE(30) : 0;
}

/** No PNG or JPEG inside (for printers only), nor what OS/2 packs in its own ways. */
function isPacked(file: Buffer, headerBytes: number, bitsPerPixel: number): boolean {
  if (headerBytes === CORE_HEADER_BYTES) return true;
  const compression = compressionOf(file, headerBytes);
  if (compression in RUN_LENGTHS) return RUN_LENGTHS[compression] === bitsPerPixel;
  const hasMasks = masksLength(compression) > 0 && headerBytes !== 64;
  return compression === 0 || (hasMasks && (bitsPerPixel === 16 || bitsPerPixel === 32));
}

/** Behind the header of 40 bytes; longer ones hold them. */
function masksLength(compression: number): number {
  if (compression === BITFIELDS) return 12;
  return compression === ALPHA_BITFIELDS ? 16 : 0;
}

function readMasks(file: Buffer, headerBytes: number, bits: number, compression: number) {
  const count = masksLength(compression) / 4;
  if (count === 0) return masksOf(bits);
  const isLong = headerBytes >= V3_HEADER_BYTES || count === 4;
  const mask = (index: number) =>
    54 + 4 * index + 4 <= file.length ? file.readUInt32LE(54 + 4 * index) : 0;
  return [mask(0), mask(1), mask(2), isLong ? mask(3) : 0] as const;
}

/** The masks of a header that gives none. The fourth byte of 32 bits is a filler then, whatever it holds. */
function masksOf(bits: number): BmpHeader['masks'] {
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

/** As many entries as are there: the pixels, or the file's end, may come first. */
function boundPalette(file: Buffer, at: number, entryBytes: 3 | 4, wanted: number) {
  const pixelsAt = file.readUInt32LE(10);
  const end = pixelsAt > at ? Math.min(pixelsAt, file.length) : file.length;
  const room = Math.max(0, Math.floor((end - at) / entryBytes));
  return { at, entryBytes, count: Math.min(wanted, MAX_COLOURS, room) };
}

function readProfile(file: Buffer, headerBytes: number): Uint8Array | undefined {
  if (headerBytes < V5_HEADER_BYTES || file.readUInt32LE(70) !== EMBEDDED_PROFILE) return undefined;
  const start = INFO_AT + file.readUInt32LE(126);
  const end = start + file.readUInt32LE(130);
  return end <= file.length && end > start ? file.subarray(start, end) : undefined;
}
