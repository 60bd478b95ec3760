import type { JpegOptions, Sharp as Picture } from 'sharp';
import { ServiceError } from '../../errors.ts';
import { releaseBytes } from '../../release-bytes.ts';
import { chooseBackground } from './background.ts';
import { checkUnseen } from './check-unseen.ts';
import { convertColours } from './colours.ts';
import { openPicture } from './decode.ts';
import { stripJpeg } from './formats/jpeg/strip.ts';
import type { PictureFacts } from './inspect.ts';
import { makeRoom } from './memory.ts';
import { chooseOutputEdge } from './output-edge.ts';
import {
  JPEG_QUALITY,
  MAX_OWN_BYTES_PER_PIXEL,
  SMALL_EDGE_PIXELS,
  SMALL_JPEG_QUALITY,
} from './picture-limits.ts';
import { openPixels, type Pixels } from './pixels.ts';
import { loadSharp, type Sharp } from './sharp.ts';
import {
  encodeThumbnail,
  needsThumbnail,
  sampleForThumbnail,
  shrinkToThumbnail,
} from './thumbnail.ts';

export interface ConvertedPicture {
  jpeg: Uint8Array;
  width: number;
  height: number;
  /** Undefined where the picture is small enough to be its own. */
  thumbnail: Uint8Array | undefined;
}

/**
 * The picture as the model gets it: upright, opaque, sRGB, small, JPEG, without any metadata. This one
 * decode, at the strictest level, is the integrity check too: `file_malformed`. Nothing stops it before
 * its end but the end of the process: whoever calls it keeps the time (bounds.ts).
 */
export async function convertPicture(
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<ConvertedPicture> {
  const sharp = await loadSharp();
  try {
    return await runPipeline(sharp, bytes, facts);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError('file_malformed', undefined, { cause });
  }
}

async function runPipeline(
  sharp: Sharp,
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<ConvertedPicture> {
  const edge = chooseOutputEdge(Math.max(facts.width, facts.height));
  const own = needsNothing(facts, edge)
    ? stripJpeg(bytes, facts.width * facts.height * MAX_OWN_BYTES_PER_PIXEL)
    : undefined;
  if (own) {
    // One decode is the check and the thumbnail: scaled, it follows all of the coded data as well.
    const decoded = await shrinkToThumbnail(await openPicture(sharp, own, facts));
    const thumbnail = needsThumbnail(own) ? decoded : undefined;
    return { jpeg: own, width: facts.width, height: facts.height, thumbnail };
  }
  makeRoom(facts);
  await checkUnseen(sharp, bytes, facts);
  const pixels = await shrinkPicture(sharp, bytes, facts, edge);
  // Nothing here says sRGB or drops metadata: pixels have none, and are nothing else.
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

/** All but opaque; `edge`: the long one, in pixels. */
export async function shrinkPicture(
  sharp: Sharp,
  bytes: Uint8Array,
  facts: PictureFacts,
  edge: number,
): Promise<Pixels> {
  const decoded = await openPicture(sharp, bytes, facts);
  // Of JPEG, which has no edges sharp as drawn, a shorter kernel makes as much as lanczos3: of photos 44 dB from it, or more.
  const kernel = facts.mediaType === 'image/jpeg' ? 'cubic' : 'lanczos3';
  const small = decoded.autoOrient().resize({ width: edge, height: edge, fit: 'inside', kernel });
  return convertColours(sharp, small, facts);
}

/** Transparent parts get a background that what is drawn stands out from: by all pixels, for any of their sizes. */
function openOpaque(sharp: Sharp, { data, channels }: Pixels): (pixels: Pixels) => Picture {
  if (channels === 1 || channels === 3) return (pixels) => openPixels(sharp, pixels);
  const background = chooseBackground(data, channels);
  return (pixels) => openPixels(sharp, pixels).flatten({ background });
}

/** A JPEG that is upright, small and sRGB as it is. */
function needsNothing(facts: PictureFacts, edge: number): boolean {
  const { mediaType, width, height, orientation, profile } = facts;
  const isAsItIs = mediaType === 'image/jpeg' && orientation === 1 && !profile;
  return isAsItIs && Math.max(width, height) <= edge;
}

/** Icons and drawings of a few pixels lose their colours where two by two of them share one. */
function chooseQuality(edge: number): JpegOptions {
  return edge <= SMALL_EDGE_PIXELS
    ? { quality: SMALL_JPEG_QUALITY, chromaSubsampling: '4:4:4' }
    : { quality: JPEG_QUALITY };
}
