import type { Sharp as Picture } from 'sharp';
import { loadSharp } from './sharp.ts';

/** Long edge of a thumbnail, in pixels. */
const THUMBNAIL_EDGE_PIXELS = 256;
/** JPEG quality (1–100) of a thumbnail: for a glance. */
const THUMBNAIL_QUALITY = 60;
/** A picture of no more bytes than this is its own thumbnail. */
const MAX_OWN_THUMBNAIL_BYTES = 16_384;

/**
 * A few kilobytes to be shown in a list, made of the picture for the model: its decoder scales it down
 * by itself, so it costs a small part of what the picture did; or the one that was `made` with it. Undefined
 * where the picture is small already.
 */
export async function makeThumbnail(
  picture: Uint8Array,
  made?: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (picture.length <= MAX_OWN_THUMBNAIL_BYTES) return undefined;
  if (made) return made;
  const sharp = await loadSharp();
  return shrinkToThumbnail(sharp(picture));
}

/** Of an upright picture that was opened. */
export function shrinkToThumbnail(picture: Picture): Promise<Uint8Array> {
  const edge = THUMBNAIL_EDGE_PIXELS;
  return picture
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: THUMBNAIL_QUALITY, optimiseCoding: false })
    .toBuffer();
}
