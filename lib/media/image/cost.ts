import { ServiceError } from '../../errors.ts';
import type { PictureType } from '../detect.ts';
import type { Header } from './inspect.ts';
import {
  MAX_EDGE_PIXELS,
  MAX_FRAMES,
  MAX_HELD_BYTES,
  MAX_JPEG_SCAN_PIXELS,
  type PictureLimits,
} from './limits.ts';
import type { Structure } from './structure.ts';

/** Of which one frame or page is decoded, alone; frames of the others share a canvas. */
const PAGED: readonly PictureType[] = ['image/tiff', 'image/avif', 'image/heic', 'image/png'];
/** Decoded row by row, or bounded by their strips and tiles. */
const STREAMED: readonly PictureType[] = ['image/tiff', 'image/bmp'];
const SAMPLE_BYTES: Partial<Record<string, number>> = { ushort: 2, float: 4, double: 8 };
const COEFFICIENT_BYTES = 2;

const PNG_WIDTH_OFFSET = 16;
const PNG_HEIGHT_OFFSET = 20;

/** A PNG may claim more pixels than libvips can count, which to it is damage. Throws `file_too_complex`. */
export function checkClaimedPixels(
  bytes: Uint8Array,
  mediaType: PictureType,
  { maxPixels }: PictureLimits,
): void {
  if (mediaType !== 'image/png') return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = view.getUint32(PNG_WIDTH_OFFSET) * view.getUint32(PNG_HEIGHT_OFFSET);
  if (pixels > maxPixels)
    throw new ServiceError('file_too_complex', `It has more than ${maxPixels} pixels.`);
}

/** What a decode would cost, by the header and the walk. Throws `file_too_complex`. */
export function checkCost(
  header: Header,
  structure: Structure,
  { maxPixels }: PictureLimits,
): void {
  const frames = countFrames(header, structure);
  if (frames > MAX_FRAMES) {
    throw new ServiceError('file_too_complex', `It has more than ${MAX_FRAMES} frames or pages.`);
  }
  const pixels = header.width * header.height;
  if (pixels * (PAGED.includes(header.mediaType) ? 1 : frames) > maxPixels) {
    throw new ServiceError('file_too_complex', `It has more than ${maxPixels} pixels in all.`);
  }
  if (Math.max(header.width, header.height) > MAX_EDGE_PIXELS) {
    throw new ServiceError('file_too_complex', `It is longer than ${MAX_EDGE_PIXELS} pixels.`);
  }
  if (pixels * heldPixelBytes(header) > MAX_HELD_BYTES) {
    throw new ServiceError('file_too_complex', 'Its decode needs more memory than there is.');
  }
  if (pixels * structure.scans > MAX_JPEG_SCAN_PIXELS) {
    throw new ServiceError('file_too_complex', 'The JPEG has too many scans for its size.');
  }
}

/** The decoder knows no frames of an animated PNG or AVIF; of the others both count the same. */
export function countFrames({ pages = 1 }: Header, { frames }: Structure): number {
  return Math.max(pages, frames);
}

/** Bytes a pixel that the decoder holds, where it cannot go row by row. */
function heldPixelBytes(header: Header): number {
  const { mediaType, channels = 4, depth = '', isProgressive = false } = header;
  if (STREAMED.includes(mediaType)) return 0;
  if (mediaType === 'image/jpeg') {
    const planes = header.chromaSubsampling === '4:2:0' ? 1.5 : channels;
    return isProgressive ? planes * COEFFICIENT_BYTES : 0;
  }
  if (mediaType === 'image/png' && !isProgressive) return 0;
  return channels * (mediaType === 'image/heic' ? 1 : (SAMPLE_BYTES[depth] ?? 1));
}
