export const GPS_TAG = 0x8825;
export const EXIF_TAG = 0x8769;
const TAKEN_TAG = 0x9003;
const TAKEN_OFFSET_TAG = 0x9011;
const ENTRY_BYTES = 12;
/** JPEG and WebP put this before the TIFF structure that EXIF is. */
const PREFIX = 'Exif\0\0';

export interface ExifFacts {
  exif: boolean;
  gps: boolean;
  /** ISO 8601 without a zone, or with the one that the camera wrote down. */
  capturedAt?: string;
}

/** The facts of an EXIF block. Never throws. */
export function readExif(data: Uint8Array): ExifFacts {
  const read = readerOf(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  const first = readDirectory(read, read.number(4, 4));
  const exifAt = first.get(EXIF_TAG);
  const entries = exifAt ? readDirectory(read, read.number(exifAt + 8, 4)) : new Map();
  const capturedAt = readCapturedAt((tag, length) => {
    const place = entries.get(tag);
    return place === undefined ? '' : read.text(read.number(place + 8, 4), length);
  });
  const facts = { exif: exifAt !== undefined, gps: first.has(GPS_TAG) };
  return capturedAt ? { ...facts, capturedAt } : facts;
}

type Reader = ReturnType<typeof readerOf>;

function readerOf(data: Buffer) {
  const tiff = data.toString('latin1', 0, 6) === PREFIX ? data.subarray(PREFIX.length) : data;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  return {
    length: tiff.length,
    /** 0 where nothing is. */
    number(at: number, size: 2 | 4): number {
      if (at < 0 || at + size > tiff.length) return 0;
      return isLittle ? tiff.readUIntLE(at, size) : tiff.readUIntBE(at, size);
    },
    text: (at: number, length: number) => tiff.toString('latin1', at, at + length),
  };
}

/** The place of each tag's entry. */
function readDirectory(read: Reader, at: number): Map<number, number> {
  const entries = Math.floor(Math.min(read.number(at, 2), read.length / ENTRY_BYTES));
  const places = Array.from({ length: entries }, (_, index) => at + 2 + index * ENTRY_BYTES);
  return new Map(places.map((place) => [read.number(place, 2), place]));
}

/** `2026:05:04 03:02:01` and `+02:00`, as cameras write them (CIPA DC-008, 4.6.6). */
export function readCapturedAt(
  textOf: (tag: number, length: number) => string,
): string | undefined {
  const taken = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(textOf(TAKEN_TAG, 19));
  if (!taken) return undefined;
  const [, year, month, day, time] = taken;
  const offset = /^[+-]\d\d:\d\d$/.exec(textOf(TAKEN_OFFSET_TAG, 6))?.[0] ?? '';
  const at = `${year}-${month}-${day}T${time}${offset}`;
  return Number.isNaN(Date.parse(at)) ? undefined : at;
}
