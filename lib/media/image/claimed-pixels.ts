import type { PictureType } from '../detect.ts';
import { readBmpHeader } from './formats/bmp/header.ts';
import { listProperties } from './formats/heif/boxes.ts';
import { openTiff, readDirectory, TIFF } from './formats/tiff/directory.ts';
import { firstOf } from './formats/tiff/variant.ts';

const PNG_WIDTH_OFFSET = 16;
const GIF_WIDTH_OFFSET = 6;
/** Samples of a PNG's pixel by its colour type: grey, RGB, palette, grey and alpha, RGBA. */
const PNG_SAMPLES = [1, 0, 3, 1, 2, 0, 4];
/** What a byte of deflate can become at most (RFC 1951: 258 bytes for two bits). */
const DEFLATE_RATIO = 1_032;
/** A block of 64 pixels takes a bit at least. */
const JPEG_PIXELS_PER_BYTE = 512;

interface Size {
  width: number;
  height: number;
}

/**
 * The size that stands in the file, where the decoder would not say it: libvips takes more pixels of a PNG
 * than it can count for damage, an AVIF's or HEIC's as well, and a GIF's canvas that its first frame does not
 * fill for a mistake.
 */
export function readClaimedSize(bytes: Uint8Array, mediaType: PictureType): Size | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mediaType === 'image/png') {
    const at = PNG_WIDTH_OFFSET;
    return { width: view.readUInt32BE(at), height: view.readUInt32BE(at + 4) };
  }
  if (mediaType === 'image/avif' || mediaType === 'image/heic') return readLargestItem(view);
  if (mediaType !== 'image/gif') return undefined;
  const at = GIF_WIDTH_OFFSET;
  return { width: view.readUInt16LE(at), height: view.readUInt16LE(at + 2) };
}

/** The sizes of all items of a HEIF stand in `ispe` (ISO/IEC 23008-12, 6.5.3). */
function readLargestItem(view: Buffer): Size | undefined {
  return listProperties(view)
    .filter(({ type, start, end }) => type === 'ispe' && start + 12 <= end)
    .map(({ start: at }) => ({
      width: view.readUInt32BE(at + 4),
      height: view.readUInt32BE(at + 8),
    }))
    .toSorted((one, other) => other.width * other.height - one.width * one.height)[0];
}

/** Is a file too short to hold a picture of that size? Then it is no large picture, but says so. */
export function isHollow(
  bytes: Uint8Array,
  mediaType: PictureType,
  { width, height }: Size,
  drawnPixels: number,
): boolean {
  switch (mediaType) {
    case 'image/jpeg':
      return width * height > bytes.length * JPEG_PIXELS_PER_BYTE;
    case 'image/png': {
      const pixelBits = (bytes[24] ?? 0) * (PNG_SAMPLES[bytes[25] ?? 0] ?? 0);
      return Math.ceil((width * pixelBits) / 8) * height > bytes.length * DEFLATE_RATIO;
    }
    case 'image/gif':
      return width * height > drawnPixels;
    case 'image/bmp':
      return isBmpHollow(bytes);
    case 'image/tiff':
      return isTiffHollow(bytes);
    default: // a flat picture of any size is a few bytes
      return false;
  }
}

function isBmpHollow(bytes: Uint8Array): boolean {
  const header = readBmpHeader(bytes);
  if (!header || header.isRunLength) return false;
  return Math.ceil((header.width * header.bitsPerPixel) / 8) * header.height > bytes.length;
}

function isTiffHollow(bytes: Uint8Array): boolean {
  const tiff = openTiff(bytes);
  const tags = readDirectory(tiff, tiff.first)?.tags;
  if (!tags || firstOf(tags, TIFF.compression, 1) !== 1) return false;
  const pixels = firstOf(tags, TIFF.width, 0) * firstOf(tags, TIFF.height, 0);
  const bits = firstOf(tags, TIFF.samples, 1) * firstOf(tags, TIFF.sampleBits, 1);
  return (pixels * bits) / 8 > bytes.length;
}
