import { openTiff, readDirectory } from './tiff-directory.ts';
import { OLD_JPEG, TIFF } from './tiff-tags.ts';
import { firstOf } from './tiff-variant.ts';

const START = [0xff, 0xd8, 0xff];

/**
 * The whole JPEG that many a TIFF of old-style JPEG compression holds (TIFF 6.0, section 22), for a
 * decoder of JPEG to read. Undefined where there is none, or only pieces of one.
 */
export function findOldJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const tiff = openTiff(bytes);
  const tags = readDirectory(tiff, tiff.first)?.tags;
  if (!tags || firstOf(tags, TIFF.compression, 1) !== OLD_JPEG) return undefined;
  if (firstOf(tags, TIFF.orientation, 1) !== 1 || tags.get(TIFF.stripOffsets)?.count !== 1)
    return undefined;
  const start = firstOf(tags, TIFF.oldJpegAt, 0);
  const isStrip = start === firstOf(tags, TIFF.stripOffsets, 0);
  if (!isStrip || !START.every((byte, index) => bytes[start + index] === byte)) return undefined;
  const length = Math.max(firstOf(tags, TIFF.stripBytes, 0), firstOf(tags, TIFF.oldJpegBytes, 0));
  const end = start + length;
  return end > start && end <= bytes.length ? bytes.subarray(start, end) : undefined;
}
