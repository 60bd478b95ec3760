import type { Sharp as Picture } from 'sharp';
import type { Pixels } from './pixels.ts';
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

/** Encodes a thumbnail of an upright picture that was opened. */
export function shrinkToThumbnail(picture: Picture): Promise<Uint8Array> {
  const edge = THUMBNAIL_EDGE_PIXELS;
  return encodeThumbnail(
    picture.resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true }),
  );
}

/** Takes a thumbnail's pixels from pixels that are there anyway: all in all, a third of the time. */
export function sampleForThumbnail(pixels: Pixels): Pixels {
  return samplePixels(pixels, THUMBNAIL_EDGE_PIXELS);
}

export function encodeThumbnail(small: Picture): Promise<Uint8Array> {
  return small.jpeg({ quality: THUMBNAIL_QUALITY, optimiseCoding: false }).toBuffer();
}

/** Pixels looked at, along each edge, of the block that becomes one: enough for a glance. */
const TAPS = 3;

/** The picture at a long edge of at most so many pixels, in a fraction of the time of a proper shrink. */
function samplePixels(pixels: Pixels, edge: number): Pixels {
  const factor = edge / Math.max(pixels.width, pixels.height);
  if (factor >= 1) return pixels;
  const width = Math.max(1, Math.round(pixels.width * factor));
  const height = Math.max(1, Math.round(pixels.height * factor));
  const data = new Uint8Array(width * height * pixels.channels);
  const columns = listPlaces(pixels.width, width, pixels.channels);
  const rows = listPlaces(pixels.height, height, pixels.width * pixels.channels);
  for (let y = 0; y < height; y += 1) {
    const target = data.subarray(y * width * pixels.channels);
    sampleRow(pixels, rows.subarray(y * TAPS), columns, target);
  }
  return { ...pixels, data, width, height };
}

/** The places of the taps of each of `count` pixels among `length`, in bytes. */
function listPlaces(length: number, count: number, step: number): Int32Array {
  const between = length / (count * TAPS);
  return Int32Array.from(
    { length: count * TAPS },
    (_, tap) => Math.floor((tap + 0.5) * between) * step,
  );
}

function sampleRow(
  { data, channels }: Pixels,
  rows: Int32Array,
  columns: Int32Array,
  target: Uint8Array,
): void {
  const [top = 0, middle = 0, bottom = 0] = rows;
  for (let tap = 0, at = 0; tap < columns.length; tap += TAPS) {
    const left = columns[tap] ?? 0;
    const centre = columns[tap + 1] ?? 0;
    const right = columns[tap + 2] ?? 0;
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      const t = top + channel;
      const m = middle + channel;
      const b = bottom + channel;
      const upper = (data[t + left] ?? 0) + (data[t + centre] ?? 0) + (data[t + right] ?? 0);
      const inner = (data[m + left] ?? 0) + (data[m + centre] ?? 0) + (data[m + right] ?? 0);
      const lower = (data[b + left] ?? 0) + (data[b + centre] ?? 0) + (data[b + right] ?? 0);
      target[at] = (upper + inner + lower) / TAPS ** 2 + 0.5;
    }
  }
}
