import { ServiceError } from '../../errors.ts';
import type { PictureType } from '../detect.ts';
import { isHollow, readClaimedSize } from './claimed-pixels.ts';
import { isHugeAndEmpty } from './empty-picture.ts';
import type { Header } from './header.ts';
import {
  MAX_EDGE_PIXELS,
  MAX_FRAMES,
  MAX_HELD_BYTES,
  MAX_JPEG_SCAN_PIXELS,
  type PictureLimits,
} from './picture-limits.ts';
import type { Structure } from './structure.ts';

/** Of which one frame or page is decoded, alone; frames of the others share a canvas. */
const PAGED: readonly PictureType[] = ['image/tiff', 'image/avif', 'image/heic', 'image/png'];
/** Decoded row by row, or bounded by their strips and tiles. */
const STREAMED: readonly PictureType[] = ['image/tiff', 'image/bmp'];
const SAMPLE_BYTES: Partial<Record<string, number>> = { ushort: 2, float: 4, double: 8 };
const COEFFICIENT_BYTES = 2;
/** Its pixels by number and in colour, and once more for sharp. */
const BMP_RUN_BYTES = 8;

/** By the file's own words, where the decoder says something else. Throws as `checkCost` does. */
export function checkClaimedSize(
  bytes: Uint8Array,
  mediaType: PictureType,
  structure: Structure,
  { maxPixels }: PictureLimits,
): void {
  const size = readClaimedSize(bytes, mediaType);
  if (size && size.width * size.height > maxPixels)
    throw refuseSize(bytes, { mediaType, ...size }, structure, maxPixels);
}

/** Whether a lie or a bomb, nobody decodes it to find out: by what its bytes can hold at most. */
function refuseSize(
  bytes: Uint8Array,
  size: Pick<Header, 'mediaType' | 'width' | 'height'>,
  { drawnPixels }: Structure,
  maxPixels: number,
): ServiceError {
  return isHollow(bytes, size.mediaType, size, drawnPixels)
    ? new ServiceError('file_malformed', 'It is too short for the size that it says.')
    : new ServiceError('file_too_complex', `It has more than ${maxPixels} pixels in all.`);
}

/**
 * What a decode would cost, by the header and the walk. Throws `file_too_complex`, or `file_malformed` for
 * a size that is a lie.
 */
export function checkCost(
  bytes: Uint8Array,
  header: Header,
  structure: Structure,
  { maxPixels }: PictureLimits,
): void {
  const frames = countFrames(header, structure);
  if (frames > MAX_FRAMES) {
    throw new ServiceError('file_too_complex', `It has more than ${MAX_FRAMES} frames or pages.`);
  }
  const pixels = header.width * header.height;
  if (pixels > maxPixels) throw refuseSize(bytes, header, structure, maxPixels);
  if (!PAGED.includes(header.mediaType) && pixels * frames > maxPixels) {
    throw new ServiceError('file_too_complex', `It has more than ${maxPixels} pixels in all.`);
  }
  if (Math.max(header.width, header.height) > MAX_EDGE_PIXELS) {
    throw new ServiceError('file_too_complex', `It is longer than ${MAX_EDGE_PIXELS} pixels.`);
  }
  if (countHeldBytes(header) > MAX_HELD_BYTES) {
    throw new ServiceError('file_too_complex', 'Its decode needs more memory than there is.');
  }
  if (isHugeAndEmpty(header, bytes.length)) {
    throw new ServiceError('file_too_complex', 'It has far more pixels than its bytes are worth.');
  }
  if (pixels * structure.scans > MAX_JPEG_SCAN_PIXELS) {
    throw new ServiceError('file_too_complex', 'The JPEG has too many scans for its size.');
  }
}

/** The decoder knows no frames of an animated PNG or AVIF; of the others both count the same. */
export function countFrames({ pages = 1 }: Header, { frames }: Structure): number {
  return Math.max(pages, frames);
}

/** Bytes of the picture that the decoder holds at a time, where it cannot go row by row. */
export function countHeldBytes(header: Header): number {
  return header.width * header.height * heldPixelBytes(header);
}

/** Bytes a pixel that the decoder holds, where it cannot go row by row. */
function heldPixelBytes(header: Header): number {
  const { mediaType, channels = 4, depth = '', isProgressive = false } = header;
  if (mediaType === 'image/bmp' && isProgressive) return BMP_RUN_BYTES;
  if (STREAMED.includes(mediaType)) return 0;
  if (mediaType === 'image/jpeg') {
    const planes = header.chromaSubsampling === '4:2:0' ? 1.5 : channels;
    return isProgressive ? planes * COEFFICIENT_BYTES : 0;
  }
  if (mediaType === 'image/png' && !isProgressive) return 0;
  return channels * (mediaType === 'image/heic' ? 1 : (SAMPLE_BYTES[depth] ?? 1));
}
