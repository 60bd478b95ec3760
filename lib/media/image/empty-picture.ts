import type { Header } from './header.ts';

/** Memory that the decode of an all but empty picture may take, in bytes beyond the resting process. */
const MAX_EMPTY_BYTES = 140_000_000;

interface Emptiness {
  /** Pixels to a byte of the file beyond which it is all but empty. */
  pixelsPerByte: number;
  /** Memory that the decode was measured to take, in bytes a pixel. */
  pixelBytes: number;
}

/** Photographs have 5 to 80 pixels to the byte, drawings that are mostly ground up to 300. */
const AVIF = { pixelsPerByte: 400, pixelBytes: 16 };
const HEIC = { pixelsPerByte: 400, pixelBytes: 11 };
const GIF = { pixelsPerByte: 400, pixelBytes: 5 };
const FLOAT_TIFF = { pixelsPerByte: 400, pixelBytes: 3 };
/** One of a single colour has 340. */
const PROGRESSIVE_JPEG = { pixelsPerByte: 100, pixelBytes: 3.2 };

/**
 * A kilobyte of AVIF may be a flat picture of 60 megapixels, and take most of a gigabyte. So a picture of
 * which next to nothing is coded has to be small enough for its decode to cost next to nothing. Formats that
 * are decoded row by row may be as empty as they like: blank pages are.
 */
export function isHugeAndEmpty(header: Header, fileBytes: number): boolean {
  const kind = findKind(header);
  if (!kind) return false;
  const pixels = header.width * header.height;
  const isEmpty = pixels > fileBytes * kind.pixelsPerByte;
  return isEmpty && pixels * kind.pixelBytes > MAX_EMPTY_BYTES;
}

function findKind({ mediaType, depth, isProgressive }: Header): Emptiness | undefined {
  switch (mediaType) {
    case 'image/avif':
      return AVIF;
    case 'image/heic':
      return HEIC;
    case 'image/gif':
      return GIF;
    case 'image/tiff':
      return depth === 'float' || depth === 'double' ? FLOAT_TIFF : undefined;
    case 'image/jpeg':
      return isProgressive ? PROGRESSIVE_JPEG : undefined;
    default:
      return undefined;
  }
}
