/** Tags of TIFF 6.0 by their names there. */
export const TIFF = {
  width: 256,
  height: 257,
  sampleBits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planes: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
  sampleFormat: 339,
  oldJpegAt: 513,
  oldJpegBytes: 514,
  oldJpegInterval: 515,
  oldJpegQuantisation: 519,
  oldJpegDc: 520,
  oldJpegAc: 521,
  subsampling: 530,
  profile: 34_675,
} as const;

export const SEPARATE_PLANES = 2;
export const OLD_JPEG = 6;
export const JPEG = 7;

/** Bytes of a value by its TIFF type; the types from 16 on are BigTIFF's. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** An open TIFF: numbers in its byte order, 0 beyond its end. */
export interface Tiff {
  length: number;
  isBig: boolean;
  first: number;
  read(at: number, bytes: number): number;
  text(at: number, bytes: number): string;
}

interface TiffTag {
  count: number;
  /** The place of its values. */
  at: number;
  /** Do all its values lie within the file? A tag of a few bytes may claim more of them than can be counted. */
  isInside: boolean;
  value(index: number): number;
}

export type Tags = ReadonlyMap<number, TiffTag>;

export interface TiffDirectory {
  /** Entries, and the bytes that their values take in all. */
  count: number;
  bytes: number;
  tags: Tags;
  /** The place of the pointer to the next one. */
  end: number;
  /** The place of the next directory; 0 behind the last. */
  next: number;
}

export function openTiff(bytes: Uint8Array): Tiff {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = view.toString('latin1', 0, 2) === 'II';
  const read = (at: number, size: number): number => {
    if (at + size > view.length) return 0;
    if (size === 8) return Number(isLittle ? view.readBigUInt64LE(at) : view.readBigUInt64BE(at));
    return isLittle ? view.readUIntLE(at, size) : view.readUIntBE(at, size);
  };
  const isBig = read(2, 2) === 43;
  const text = (at: number, size: number) => view.toString('latin1', at, at + size);
  return { length: view.length, isBig, first: isBig ? read(8, 8) : read(4, 4), read, text };
}

/** The directory that starts there; undefined where it reaches out of the file. */
export function readDirectory(tiff: Tiff, at: number): TiffDirectory | undefined {
  const [countBytes, entryBytes, offsetBytes] = tiff.isBig ? [8, 20, 8] : [2, 12, 4];
  const count = tiff.read(at, countBytes);
  const end = at + countBytes + count * entryBytes;
  if (count === 0 || end > tiff.length) return undefined;
  const tags = new Map<number, TiffTag>();
  let bytes = 0;
  for (let entry = at + countBytes; entry < end; entry += entryBytes) {
    const size = TYPE_BYTES[tiff.read(entry + 2, 2)] ?? 0;
    const values = tiff.read(entry + 4, offsetBytes);
    const field = entry + 4 + offsetBytes;
    const from = size * values <= offsetBytes ? field : tiff.read(field, offsetBytes);
    bytes += Math.min(size * values, tiff.length);
    const value = (index: number) =>
      index < values && size > 0 ? tiff.read(from + index * size, size) : 0;
    const isInside = from + size * values <= tiff.length;
    tags.set(tiff.read(entry, 2), { count: size > 0 ? values : 0, at: from, isInside, value });
  }
  return { count, bytes, tags, end, next: tiff.read(end, offsetBytes) };
}

/** The first value of a tag; where it is missing or 0, the default. */
export function firstOf(tags: Tags, tag: number, otherwise: number): number {
  return tags.get(tag)?.value(0) || otherwise;
}
