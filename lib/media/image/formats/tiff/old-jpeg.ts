import { listSegments } from '../jpeg/markers.ts';
import { openTiff, readDirectory, type TiffTag } from './directory.ts';
import { joinOldJpeg } from './join-old-jpeg.ts';
import { OLD_JPEG, TIFF } from './tags.ts';
import { firstOf } from './variant.ts';

const START = [0xff, 0xd8, 0xff];
const SEQUENTIAL = [0xc0, 0xc1];
const SOS = 0xda;
const BLOCK_PLACES = 64;

/**
 * The JPEG that a TIFF of old-style JPEG compression holds, for a decoder of JPEG to read: whole, as most do,
 * or put together from its pieces (TIFF 6.0, section 22). Undefined where it lies in many strips or tiles.
 */
export function findOldJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const tiff = openTiff(bytes);
  const tags = readDirectory(tiff, tiff.first)?.tags;
  if (!tags || firstOf(tags, TIFF.compression, 1) !== OLD_JPEG) return undefined;
  const offsets = tags.get(TIFF.tileOffsets) ?? tags.get(TIFF.stripOffsets);
  if (firstOf(tags, TIFF.orientation, 1) !== 1 || offsets?.count !== 1) return undefined;
  return cutWhole(bytes, tags, offsets.value(0)) ?? joinOldJpeg(bytes, tags);
}

/** Its strip is the whole JPEG, or its coded data within. */
function cutWhole(bytes: Uint8Array, tags: Map<number, TiffTag>, strip: number) {
  const start = firstOf(tags, TIFF.oldJpegAt, 0);
  const stripBytes = firstOf(tags, TIFF.stripBytes, 0);
  const end = Math.max(strip + stripBytes, start + firstOf(tags, TIFF.oldJpegBytes, 0));
  const isStart = START.every((byte, index) => bytes[start + index] === byte);
  return isStart && start <= strip && end > start && end <= bytes.length
    ? nameAllPlaces(bytes.subarray(start, end))
    : undefined;
}

/** Old writers left out which places of a block a scan holds, which in a JPEG of one scan is all of them. */
function nameAllPlaces(jpeg: Uint8Array): Uint8Array {
  const segments = [...listSegments(jpeg)];
  const scan = segments.find(({ marker }) => marker === SOS);
  if (!scan || !segments.some(({ marker }) => SEQUENTIAL.includes(marker))) return jpeg;
  const named = Uint8Array.from(jpeg);
  named.set([0, BLOCK_PLACES - 1, 0], scan.end - 3);
  return named;
}
