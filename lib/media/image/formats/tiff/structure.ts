import { MAX_FRAMES } from '../../picture-limits.ts';
import { type JpegStructure, jpeg } from '../jpeg/jpeg.ts';
import type { Structure, WalkedFile } from '../picture-format.ts';
import {
  firstOf,
  openTiff,
  readDirectory,
  type Tags,
  TIFF,
  type Tiff,
  type TiffDirectory,
} from './directory.ts';
import { findOldJpeg } from './old-jpeg.ts';
import { findUnsupported, nameVariant, type TiffVariant } from './variant.ts';

/** Tags in all directories together; real pages have 15 to 60. */
const MAX_TAGS = 100_000;
/** Bytes that all tags point to: directories may share theirs, and the decoder reads them for each. */
const MAX_TAG_BYTES = 32 * 1024 * 1024;
/** Bytes of one strip or tile unpacked: the decoder holds it whole. As much as the largest 8-bit RGBA picture. */
const MAX_BLOCK_BYTES = 240_000_000;
/** Pixels of a variant that libvips cannot stream: as much memory, with transparency, as any other format. */
const MAX_VARIANT_PIXELS = 30_000_000;

/** None, fax, LZW, JPEG, deflate, PackBits, Zstandard, WebP: what the decoder was built with. */
const COMPRESSIONS = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_000, 50_001];
/** The compressions of pages that are decoded only to see whether they can be. */
const CHECKED_COMPRESSIONS = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946];

export interface TiffStructure extends Structure {
  tiff: Tiff;
  /** The first page's, which is the one that is analysed. */
  tags: Tags;
  variant: TiffVariant | undefined;
  laterPages: readonly LaterPage[];
  embedded: WalkedFile<JpegStructure> | undefined;
}

/** A page behind the first. */
interface LaterPage {
  /** The places of its directory, and of the pointer to the next one. */
  at: number;
  end: number;
  pixels: number;
  /** Whether libvips reads it as it is: of others nobody here can say whether they are damaged. */
  isPlain: boolean;
}

/**
 * Walks the directories of a TIFF, one a page, before libtiff does: it reads each of them whole, again for
 * every page. A chain that turns back ends there, as other decoders end it (TIFF 6.0, section 2).
 */
export function walkTiff(bytes: Uint8Array): TiffStructure {
  const tiff = openTiff(bytes);
  const first = readDirectory(tiff, tiff.first);
  const tags = first?.tags ?? new Map();
  const oldJpeg = findOldJpeg(bytes, tags);
  const embedded = oldJpeg && { bytes: oldJpeg, structure: jpeg.walk(oldJpeg) };
  const pages = walkPages(tiff, first);
  const unsupported = embedded ? undefined : nameUnsupported(tags);
  return {
    ...pages,
    tooComplex: pages.tooComplex || isLargeVariant(tags),
    unsupported: unsupported && `The TIFF has ${unsupported}, which is not supported.`,
    tiff,
    tags,
    variant: nameVariant(tags),
    embedded,
  };
}

function walkPages(tiff: Tiff, first: TiffDirectory | undefined) {
  const pages = { ended: true, tooComplex: false, frames: 0, laterPages: [] as LaterPage[] };
  const seen = new Set<number>();
  let [tags, tagBytes] = [0, 0];
  for (let at = tiff.first; at > 0 && !seen.has(at); ) {
    seen.add(at);
    const page = at === tiff.first ? first : readDirectory(tiff, at);
    if (!page) return { ...pages, ended: pages.frames > 0 };
    pages.frames += 1;
    tags += page.count;
    tagBytes += page.bytes;
    const isLarge = pages.frames > MAX_FRAMES || tags > MAX_TAGS || tagBytes > MAX_TAG_BYTES;
    if (isLarge || blockBytes(page.tags) > MAX_BLOCK_BYTES) return { ...pages, tooComplex: true };
    if (!isDataInside(page.tags, tiff.length)) return { ...pages, ended: false };
    if (pages.frames > 1) pages.laterPages.push(describePage(at, page));
    at = page.next;
  }
  return pages;
}

function describePage(at: number, { tags, end }: TiffDirectory): LaterPage {
  const pixels = firstOf(tags, TIFF.width, 0) * firstOf(tags, TIFF.height, 0);
  const isKnown = CHECKED_COMPRESSIONS.includes(firstOf(tags, TIFF.compression, 1));
  const isPlain = isKnown && !nameVariant(tags) && !findUnsupported(tags);
  return { at, end, pixels, isPlain };
}

/** Valid, but rare enough that nobody here reads it. */
function nameUnsupported(tags: Tags): string | undefined {
  const compression = firstOf(tags, TIFF.compression, 1);
  return COMPRESSIONS.includes(compression) ? findUnsupported(tags) : `compression ${compression}`;
}

/** Variants are held whole, and more than once. */
function isLargeVariant(tags: Tags): boolean {
  const pixels = firstOf(tags, TIFF.width, 0) * firstOf(tags, TIFF.height, 0);
  return pixels > MAX_VARIANT_PIXELS && nameVariant(tags) !== undefined;
}

/** Bytes that one strip or tile unpacks to. */
function blockBytes(tags: Tags): number {
  const pixelBytes = (firstOf(tags, TIFF.samples, 1) * firstOf(tags, TIFF.sampleBits, 1)) / 8;
  const width = firstOf(tags, TIFF.tileWidth, firstOf(tags, TIFF.width, 0));
  const height = firstOf(tags, TIFF.height, 0);
  const rows = firstOf(
    tags,
    TIFF.tileHeight,
    Math.min(height, firstOf(tags, TIFF.rowsPerStrip, height)),
  );
  return width * rows * pixelBytes;
}

/** Sizes that are too large for pages without compression do not count: decoders work them out themselves. */
function isDataInside(tags: Tags, length: number): boolean {
  const offsets = tags.get(TIFF.tileOffsets) ?? tags.get(TIFF.stripOffsets);
  const sizes = tags.get(TIFF.tileBytes) ?? tags.get(TIFF.stripBytes);
  if (offsets?.isInside === false || sizes?.isInside === false) return false;
  const most = firstOf(tags, TIFF.compression, 1) === 1 ? blockBytes(tags) : length;
  const count = Math.min(offsets?.count ?? 0, sizes?.count ?? 0);
  for (let index = 0; index < count; index += 1) {
    const size = Math.min(most, sizes?.value(index) ?? 0);
    if ((offsets?.value(index) ?? 0) + size > length) return false;
  }
  return true;
}
