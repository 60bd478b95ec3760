import { ServiceError } from '../../errors.ts';
import type { PictureType } from '../media-types.ts';
import { FORMATS } from './formats/formats.ts';
import type { Header, Size, Structure, WalkedFile } from './formats/picture-format.ts';
import {
  MAX_EDGE_PIXELS,
  MAX_EMPTY_BYTES,
  MAX_FRAMES,
  MAX_HELD_BYTES,
  MAX_JPEG_SCAN_PIXELS,
  type PictureLimits,
} from './picture-limits.ts';

/** A picture whose bytes were walked. */
export interface WalkedPicture extends WalkedFile {
  mediaType: PictureType;
}

/** A picture whose header was read, too. */
export interface OpenedPicture extends WalkedPicture {
  header: Header;
}

/**
 * Throws `file_too_complex` for more parts than any encoder writes, `file_malformed` where the end is missing or
 * a checksum is wrong, `type_unsupported` for a variant that the decoder lacks.
 */
export function checkStructure(structure: Structure): void {
  const { tooComplex = false, damaged = false, frames, ended, unsupported } = structure;
  if (tooComplex || frames > MAX_FRAMES)
    throw new ServiceError('file_too_complex', 'The file has more parts than any picture needs.');
  if (damaged) throw new ServiceError('file_malformed');
  if (!ended) throw new ServiceError('file_malformed', 'The file is cut off: its end is missing.');
  if (unsupported) throw new ServiceError('type_unsupported', unsupported);
}

/** The size that stands in the file, before the decoder sees it. Throws as `checkCost` does. */
export function checkDeclaredSize(picture: WalkedPicture, { maxPixels }: PictureLimits): void {
  const { declaredSize } = picture.structure;
  if (declaredSize) checkPixels(picture, declaredSize, maxPixels);
}

/** A size is a lie or a bomb: nobody decodes it to find out, for so many bytes hold so many pixels at most. */
function checkPixels(picture: WalkedPicture, size: Size, maxPixels: number): void {
  if (size.width * size.height <= maxPixels) return;
  throw FORMATS[picture.mediaType].isTooShort(picture, size)
    ? new ServiceError('file_malformed', 'The file is too short for the dimensions it declares.')
    : new ServiceError('file_too_complex', `The picture has more than ${maxPixels} pixels.`);
}

/**
 * The cost of a decode, by the header and the walk. Throws `file_too_complex`, or `file_malformed` for a size that
 * is a lie.
 */
export function checkCost(picture: OpenedPicture, { maxPixels }: PictureLimits): void {
  const { bytes, header, structure } = picture;
  const refuse = (reason: string) => new ServiceError('file_too_complex', reason);
  const frames = countFrames(picture);
  if (frames > MAX_FRAMES) throw refuse(`The file has more than ${MAX_FRAMES} frames or pages.`);
  checkPixels(picture, header, maxPixels);
  const pixels = header.width * header.height;
  if (!FORMATS[header.mediaType].isFrameDecodedAlone && pixels * frames > maxPixels)
    throw refuse(`All frames together have more than ${maxPixels} pixels.`);
  if (Math.max(header.width, header.height) > MAX_EDGE_PIXELS)
    throw refuse(`The picture is longer than ${MAX_EDGE_PIXELS} pixels along one edge.`);
  if (countHeldBytes(header) > MAX_HELD_BYTES)
    throw refuse('Decoding the picture takes more memory than there is.');
  if (isHugeAndEmpty(header, bytes.length))
    throw refuse('The file is too small for the dimensions it declares.');
  if (pixels * (structure.scans ?? 1) > MAX_JPEG_SCAN_PIXELS)
    throw refuse('The JPEG has too many scans for its dimensions.');
}

/** The decoder knows no frames of an animated PNG or AVIF; of the others both count the same. */
export function countFrames({ header: { pages = 1 }, structure }: OpenedPicture): number {
  return Math.max(pages, structure.frames);
}

/** Bytes of the picture that the decoder holds at a time, where it cannot go row by row. */
export function countHeldBytes(header: Header): number {
  return header.width * header.height * FORMATS[header.mediaType].heldPixelBytes(header);
}

/**
 * A kilobyte of AVIF may be a flat picture of 60 megapixels, and take most of a gigabyte. So a picture of
 * which next to nothing is coded has to be small enough for its decode to cost next to nothing. Photographs have
 * 5 to 80 pixels to the byte, drawings that are mostly ground up to 300. Formats that are decoded row by row may be
 * as empty as they like: blank pages are.
 */
function isHugeAndEmpty(header: Header, fileBytes: number): boolean {
  const bound = FORMATS[header.mediaType].emptiness(header);
  if (!bound) return false;
  const pixels = header.width * header.height;
  const isEmpty = pixels > fileBytes * bound.pixelsPerByte;
  return isEmpty && pixels * bound.pixelBytes > MAX_EMPTY_BYTES;
}
