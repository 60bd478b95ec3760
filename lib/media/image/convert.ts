import type { JpegOptions, Sharp as Picture } from 'sharp';
import { releaseBytes } from '../../release-bytes.ts';
import { FORMATS } from './formats/formats.ts';
import type { PictureFacts, PictureFormat, WalkedFile } from './formats/picture-format.ts';
import {
  JPEG_QUALITY,
  MAX_OWN_BYTES_PER_PIXEL,
  OUTPUT_EDGE_MAX_PIXELS,
  OUTPUT_EDGE_MIN_PIXELS,
  OUTPUT_EDGE_PIXELS,
  SMALL_EDGE_PIXELS,
  SMALL_JPEG_QUALITY,
} from './picture-limits.ts';
import { openPixels, type Pixels, type Sharp } from './pixels.ts';
import { loadSharp } from './sharp.ts';
import {
  encodeThumbnail,
  needsThumbnail,
  sampleForThumbnail,
  shrinkToThumbnail,
} from './thumbnail.ts';

/** A picture on its way to the model: what every step of the conversion works on. */
export interface Conversion {
  sharp: Sharp;
  format: PictureFormat;
  file: WalkedFile;
  facts: PictureFacts;
  /** The long edge to send, in pixels. */
  edge: number;
}

export interface ConvertedPicture {
  jpeg: Uint8Array;
  width: number;
  height: number;
  /** Undefined where the picture is small enough to be its own. */
  thumbnail: Uint8Array | undefined;
}

export async function startConversion(bytes: Uint8Array, facts: PictureFacts): Promise<Conversion> {
  return {
    sharp: await loadSharp(),
    format: FORMATS[facts.mediaType],
    file: { bytes, structure: facts.structure },
    facts,
    edge: chooseOutputEdge(Math.max(facts.width, facts.height)),
  };
}

/**
 * The picture in its own coding, without metadata: where it is upright, small and sRGB as it is, and its format can
 * leave so.
 */
export async function keepOwnCoding(conversion: Conversion): Promise<ConvertedPicture | undefined> {
  const { sharp, format, file, facts, edge } = conversion;
  const { width, height, orientation, profile } = facts;
  if (orientation !== 1 || profile || Math.max(width, height) > edge) return undefined;
  const own = format.strip?.(file, width * height * MAX_OWN_BYTES_PER_PIXEL);
  if (!own) return undefined;
  // One decode is the check and the thumbnail: scaled, it follows all of the coded data as well.
  const decoded = await shrinkToThumbnail(await format.open(sharp, own, facts));
  const thumbnail = needsThumbnail(own.bytes) ? decoded : undefined;
  return { jpeg: own.bytes, width, height, thumbnail };
}

/** Decodes the picture: upright, small, in its own colours. sharp runs it when its pixels are asked for. */
export async function shrink({ sharp, format, file, facts, edge }: Conversion): Promise<Picture> {
  const decoded = await format.open(sharp, file, facts);
  const { kernel } = format;
  return decoded.autoOrient().resize({ width: edge, height: edge, fit: 'inside', kernel });
}

/** Encodes pixels, which have no metadata and are sRGB without saying so, and a thumbnail of them. */
export async function encode(
  { sharp, edge }: Conversion,
  pixels: Pixels,
): Promise<ConvertedPicture> {
  const opaque = openOpaque(sharp, pixels);
  const jpeg = await opaque(pixels)
    .jpeg({ ...chooseQuality(edge), optimiseCoding: false }) // optimising: 25 % CPU for 1 % bytes
    .toBuffer();
  const thumbnail = needsThumbnail(jpeg)
    ? await encodeThumbnail(opaque(sampleForThumbnail(pixels)))
    : undefined;
  releaseBytes(pixels.data);
  return { jpeg, width: pixels.width, height: pixels.height, thumbnail };
}

/** Transparent parts get a background that what is drawn stands out from: by all pixels, for any of their sizes. */
function openOpaque(sharp: Sharp, { data, channels }: Pixels): (pixels: Pixels) => Picture {
  if (channels === 1 || channels === 3) return (pixels) => openPixels(sharp, pixels);
  const background = chooseBackground(data, channels);
  return (pixels) => openPixels(sharp, pixels).flatten({ background });
}

/** Icons and drawings of a few pixels lose their colours where two by two of them share one. */
function chooseQuality(edge: number): JpegOptions {
  return edge <= SMALL_EDGE_PIXELS
    ? { quality: SMALL_JPEG_QUALITY, chromaSubsampling: '4:4:4' }
    : { quality: JPEG_QUALITY };
}

/**
 * Factors from which the JPEG decoder itself drops to a half, a quarter and an eighth. sharp takes one
 * power of two less than the factor allows (pipeline.cc, `jpegShrinkOnLoad`), hence the odd numbers.
 */
const CHEAP_FACTORS = [9, 5, 3];

/**
 * The long edge to send, in pixels, for an original's long edge: the usual one, or a near one at which
 * the decode is cheaper (4,000 → 1,333 instead of 1,344 saves a quarter of the work).
 */
export function chooseOutputEdge(longEdge: number): number {
  const cheap = CHEAP_FACTORS.map((factor) => Math.floor(longEdge / factor)).find(
    (edge) => edge >= OUTPUT_EDGE_MIN_PIXELS && edge <= OUTPUT_EDGE_MAX_PIXELS,
  );
  return Math.min(longEdge, cheap ?? OUTPUT_EDGE_PIXELS);
}

/**
 * Backgrounds for a picture with transparent parts, best first: most drawings are made for white
 * paper; white ones need a dark ground; grey shows drawings that hold both.
 */
const BACKGROUNDS = [
  { background: '#ffffff', luma: 255 },
  { background: '#202020', luma: 32 },
  { background: '#808080', luma: 128 },
];
/** Difference from the background, in luma (0–255), below which a pixel is hard to see. */
const MIN_CONTRAST = 64;
/** A part of what is drawn, so small that its being lost is no loss. */
const NEGLIGIBLE = 0.02;
/** From this size on, in bytes, one pixel in so many tells as much as all; the step divides no usual width. */
const LARGE_BYTES = 400_000;
const SAMPLE_STEP = 23;
/** Alpha (0–255) from which a pixel counts as drawn. */
const DRAWN = 64;

/** The colour on which the least of what is drawn is lost. Pixels: RGBA, or grey and alpha. */
function chooseBackground(pixels: Uint8Array, channels: 2 | 4): string {
  const step = pixels.length > LARGE_BYTES ? SAMPLE_STEP : 1;
  const { counts, drawn } = countLumas(pixels, channels, step);
  let best = { background: '#808080', lost: Number.POSITIVE_INFINITY };
  for (const { background, luma } of BACKGROUNDS) {
    const lost = shareNear(counts, luma) / Math.max(1, drawn);
    if (lost < best.lost - NEGLIGIBLE) best = { background, lost };
  }
  return best.background;
}

function countLumas(pixels: Uint8Array, channels: 2 | 4, step: number) {
  const counts = new Uint32Array(256);
  let drawn = 0;
  for (let at = 0; at + channels <= pixels.length; at += channels * step) {
    if ((pixels[at + channels - 1] ?? 0) < DRAWN) continue;
    const luma = channels === 4 ? lumaAt(pixels, at) : (pixels[at] ?? 0);
    counts[luma] = (counts[luma] ?? 0) + 1;
    drawn += 1;
  }
  return { counts, drawn };
}

/** ITU-R BT.601, in whole numbers. */
function lumaAt(pixels: Uint8Array, at: number): number {
  const [red, green, blue] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
  return (red * 77 + green * 150 + blue * 29) >> 8;
}

function shareNear(counts: Uint32Array, luma: number): number {
  const from = Math.max(0, luma - MIN_CONTRAST + 1);
  return counts.subarray(from, luma + MIN_CONTRAST).reduce((sum, count) => sum + count, 0);
}
