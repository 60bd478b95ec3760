import { openTiff, readDirectory, TIFF, type TiffTag } from './directory.ts';
import { findOldJpeg } from './old-jpeg.ts';
import { findUnsupported, firstOf, nameVariant } from './variant.ts';

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

export interface TiffStructure {
  /** Does every page's data lie within the file? */
  ended: boolean;
  tooComplex: boolean;
  /** Why no decoder here can read the first page. */
  unsupported: string | undefined;
  frames: number;
}

/**
 * Walks the directories of a TIFF, one a page, before libtiff does: it reads each of them whole, again for
 * every page. A chain that turns back ends there, as other decoders end it (TIFF 6.0, section 2).
 */
export function readTiffStructure(bytes: Uint8Array, maxPages: number): TiffStructure {
  const structure: TiffStructure = {
    ended: true,
    tooComplex: false,
    unsupported: undefined,
    frames: 0,
  };
  const tiff = openTiff(bytes);
  const seen = new Set<number>();
  let [tags, tagBytes] = [0, 0];
  for (let at = tiff.first; at > 0 && !seen.has(at); ) {
    seen.add(at);
    const directory = readDirectory(tiff, at);
    if (!directory) return { ...structure, ended: structure.frames > 0 };
    structure.frames += 1;
    tags += directory.count;
    tagBytes += directory.bytes;
    const isLarge = structure.frames > maxPages || tags > MAX_TAGS || tagBytes > MAX_TAG_BYTES;
    if (isLarge || blockBytes(directory.tags) > MAX_BLOCK_BYTES)
      return { ...structure, tooComplex: true };
    if (structure.frames === 1) {
      structure.unsupported = nameUnsupported(directory.tags, findOldJpeg(bytes));
      if (isLargeVariant(directory.tags)) return { ...structure, tooComplex: true };
    }
    if (!isDataInside(directory.tags, bytes.length)) return { ...structure, ended: false };
    at = directory.next;
  }
  return structure;
}

type Tags = Map<number, TiffTag>;

/** Valid, but rare enough that nobody here reads it. */
function nameUnsupported(tags: Tags, oldJpeg: Uint8Array | undefined): string | undefined {
  const compression = firstOf(tags, TIFF.compression, 1);
  if (oldJpeg) return undefined;
  return COMPRESSIONS.includes(compression) ? findUnsupported(tags) : `compression ${compression}`;
}

/** Variants are held whole, and more than once. */
function isLargeVariant(tags: Tags): boolean {
  const pixels = firstOf(tags, TIFF.width, 0) * firstOf(tags, TIFF.height, 0);
  return pixels > MAX_VARIANT_PIXELS && nameVariant(tags) !== undefined;
}

/** What one strip or tile unpacks to, in bytes. */
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

/** Where nothing is packed, decoders work the sizes out and pass over those that are too large. */
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
