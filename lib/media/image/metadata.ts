import type { Header } from './header.ts';
import type { Structure } from './structure.ts';

const KINDS = ['exif', 'gps', 'xmp', 'iptc', 'icc', 'comments'] as const;
export type MetadataKind = (typeof KINDS)[number];

/** Which kinds of metadata the file carries, by its header and its own structure; and when it was taken. */
export function listMetadata(
  bytes: Uint8Array,
  header: Header,
  { hasComment }: Structure,
): { metadata: MetadataKind[]; capturedAt: string | undefined } {
  const nothing: ExifFacts = { exif: false, gps: false };
  // A TIFF's own directory holds what other formats keep in an EXIF block.
  const tiff = header.mediaType === 'image/tiff' ? readExif(bytes) : nothing;
  const block = header.exif ? readExif(header.exif) : nothing;
  const present: Record<MetadataKind, boolean> = {
    exif: header.exif !== undefined || tiff.exif,
    gps: tiff.gps || block.gps,
    xmp: header.xmp !== undefined,
    iptc: header.iptc !== undefined,
    icc: header.hasProfile,
    comments: hasComment || (header.comments?.length ?? 0) > 0,
  };
  const capturedAt = block.capturedAt ?? tiff.capturedAt;
  return { metadata: KINDS.filter((kind) => present[kind]), capturedAt };
}

const GPS_TAG = 0x8825;
const EXIF_TAG = 0x8769;
const TAKEN_TAG = 0x9003;
const TAKEN_OFFSET_TAG = 0x9011;
const ENTRY_BYTES = 12;
/** JPEG and WebP put this before the TIFF structure that EXIF is. */
const PREFIX = 'Exif\0\0';

interface ExifFacts {
  exif: boolean;
  gps: boolean;
  /** ISO 8601 without a zone, or with the one that the camera wrote down. */
  capturedAt?: string;
}

/** What EXIF data, or a TIFF file, tells of itself and its making. Never throws. */
function readExif(data: Uint8Array): ExifFacts {
  const read = readerOf(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  const first = readDirectory(read, read.number(4, 4));
  const exifAt = first.get(EXIF_TAG);
  const facts = { exif: exifAt !== undefined, gps: first.has(GPS_TAG) };
  const capturedAt =
    exifAt && readCapturedAt(read, readDirectory(read, read.number(exifAt + 8, 4)));
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

/** Where the entry of each tag stands. */
function readDirectory(read: Reader, at: number): Map<number, number> {
  const entries = Math.floor(Math.min(read.number(at, 2), read.length / ENTRY_BYTES));
  const places = Array.from({ length: entries }, (_, index) => at + 2 + index * ENTRY_BYTES);
  return new Map(places.map((place) => [read.number(place, 2), place]));
}

/** `2026:05:04 03:02:01` and `+02:00`, as cameras write them (CIPA DC-008, 4.6.6). */
function readCapturedAt(read: Reader, entries: Map<number, number>): string | undefined {
  const textOf = (tag: number, length: number) => {
    const place = entries.get(tag);
    return place === undefined ? '' : read.text(read.number(place + 8, 4), length);
  };
  const taken = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(textOf(TAKEN_TAG, 19));
  if (!taken) return undefined;
  const [, year, month, day, time] = taken;
  const offset = /^[+-]\d\d:\d\d$/.exec(textOf(TAKEN_OFFSET_TAG, 6))?.[0] ?? '';
  const at = `${year}-${month}-${day}T${time}${offset}`;
  return Number.isNaN(Date.parse(at)) ? undefined : at;
}
