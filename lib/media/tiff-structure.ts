import { openTiff, readDirectory, type TiffTag } from './tiff-directory.ts';

/** Tags in all directories together; real pages have 15 to 60. */
const MAX_TAGS = 100_000;
/** Bytes that all tags point to: directories may share theirs, and the decoder reads them for each. */
const MAX_TAG_BYTES = 32 * 1024 * 1024;
/** Bytes of one strip or tile unpacked: the decoder holds it whole. As much as the largest 8-bit RGBA picture. */
const MAX_BLOCK_BYTES = 240_000_000;

const WIDTH = 256;
const SAMPLE_BITS = 258;
const COMPRESSION = 259;
const STRIP_OFFSETS = 273;
const SAMPLES = 277;
const ROWS_PER_STRIP = 278;
const STRIP_BYTES = 279;
const PLANES = 284;
const TILE_WIDTH = 322;
const TILE_HEIGHT = 323;
const TILE_OFFSETS = 324;
const TILE_BYTES = 325;
const HEIGHT = 257;

/** None, fax, LZW, JPEG, deflate, PackBits, Zstandard, WebP: what the decoder was built with. */
const COMPRESSIONS = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_000, 50_001];
const SEPARATE = 2;

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
    if (structure.frames === 1) structure.unsupported = findUnsupported(directory.tags);
    if (!isDataInside(directory.tags, bytes.length)) return { ...structure, ended: false };
    at = directory.next;
  }
  return structure;
}

type Tags = Map<number, TiffTag>;

function numberOf(tags: Tags, tag: number, otherwise: number): number {
  return tags.get(tag)?.value(0) || otherwise;
}

/** Valid, but rare enough that libvips leaves it out. */
function findUnsupported(tags: Tags): string | undefined {
  const compression = numberOf(tags, COMPRESSION, 1);
  if (!COMPRESSIONS.includes(compression)) return `compression ${compression}`;
  const isTiled = tags.has(TILE_OFFSETS);
  return isTiled && numberOf(tags, PLANES, 1) === SEPARATE ? 'tiles in separate planes' : undefined;
}

/** What one strip or tile unpacks to, in bytes. */
function blockBytes(tags: Tags): number {
  const pixelBytes = (numberOf(tags, SAMPLES, 1) * numberOf(tags, SAMPLE_BITS, 1)) / 8;
  const width = numberOf(tags, TILE_WIDTH, numberOf(tags, WIDTH, 0));
  const height = numberOf(tags, HEIGHT, 0);
  const rows = numberOf(
    tags,
    TILE_HEIGHT,
    Math.min(height, numberOf(tags, ROWS_PER_STRIP, height)),
  );
  return width * rows * pixelBytes;
}

/** Where nothing is packed, decoders work the sizes out and pass over those that are too large. */
function isDataInside(tags: Tags, length: number): boolean {
  const offsets = tags.get(TILE_OFFSETS) ?? tags.get(STRIP_OFFSETS);
  const sizes = tags.get(TILE_BYTES) ?? tags.get(STRIP_BYTES);
  if (offsets?.isInside === false || sizes?.isInside === false) return false;
  const most = numberOf(tags, COMPRESSION, 1) === 1 ? blockBytes(tags) : length;
  const count = Math.min(offsets?.count ?? 0, sizes?.count ?? 0);
  for (let index = 0; index < count; index += 1) {
    const size = Math.min(most, sizes?.value(index) ?? 0);
    if ((offsets?.value(index) ?? 0) + size > length) return false;
  }
  return true;
}
