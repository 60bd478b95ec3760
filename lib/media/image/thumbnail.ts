import type { Sharp as Picture } from 'sharp';
import type { Pixels } from './pixels.ts';
import { samplePixels } from './sample-pixels.ts';
import { loadSharp } from './sharp.ts';

/** Long edge of a thumbnail, in pixels. */
const THUMBNAIL_EDGE_PIXELS = 256;
/** JPEG quality (1–100) of a thumbnail: for a glance. */
const THUMBNAIL_QUALITY = 60;
/** A picture of no more bytes than this is its own thumbnail. */
const MAX_OWN_THUMBNAIL_BYTES = 16_384;

/**
 * A few kilobytes to be shown in a list, of a picture that came without: its decoder scales it down by itself.
 * Undefined where the picture is small already.
 */
export async function makeThumbnail(picture: Uint8Array): Promise<Uint8Array | undefined> {
  if (!needsThumbnail(picture)) return undefined;
  const sharp = await loadSharp();
  return shrinkToThumbnail(sharp(picture));
}

export function needsThumbnail(picture: Uint8Array): boolean {
  return picture.length > MAX_OWN_THUMBNAIL_BYTES;
}

/** Of an upright picture that was opened. */
export function shrinkToThumbnail(picture: Picture): Promise<Uint8Array> {
  const edge = THUMBNAIL_EDGE_PIXELS;
  return encodeThumbnail(
    picture.resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true }),
  );
}

/** Of pixels that are there anyway: all in all, a third of the time. */
export function sampleForThumbnail(pixels: Pixels): Pixels {
  return samplePixels(pixels, THUMBNAIL_EDGE_PIXELS);
}

export function encodeThumbnail(small: Picture): Promise<Uint8Array> {
  return small.jpeg({ quality: THUMBNAIL_QUALITY, optimiseCoding: false }).toBuffer();
}
