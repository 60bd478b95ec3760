import type { OutputInfo } from 'sharp';
import { ServiceError } from '../errors.ts';
import type { PictureFacts } from './inspect.ts';
import { CONVERT_TIMEOUT_SECONDS, JPEG_QUALITY } from './limits.ts';
import { chooseOutputEdge } from './output-edge.ts';
import { loadSharp, type Sharp } from './sharp.ts';

/** Behind transparent pictures: mid-grey, because black drawings and white ones both stay visible. */
const BACKGROUND = '#808080';

export interface ConvertedPicture {
  jpeg: Uint8Array;
  width: number;
  height: number;
}

/**
 * The picture as the model gets it: upright, opaque, sRGB, small, JPEG, without any metadata. This one
 * decode, at the strictest level, is the integrity check too: `file_malformed`. Out of time (the signal's
 * or CONVERT_TIMEOUT_SECONDS) is `internal` and may be tried again; libvips goes on until the process
 * ends, because nothing stops it inside a decoder.
 */
export async function convertPicture(
  bytes: Uint8Array,
  facts: PictureFacts,
  { signal }: { signal: AbortSignal },
): Promise<ConvertedPicture> {
  const timeout = AbortSignal.timeout(CONVERT_TIMEOUT_SECONDS * 1_000);
  const deadline = AbortSignal.any([signal, timeout]);
  const sharp = await loadSharp();
  const { data, info } = await settleBefore(deadline, () => runPipeline(sharp, bytes, facts));
  return { jpeg: data, width: info.width, height: info.height };
}

function runPipeline(
  sharp: Sharp,
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<{ data: Uint8Array; info: OutputInfo }> {
  // Nothing here says sRGB or drops metadata: sharp does both unless told otherwise.
  const edge = chooseOutputEdge(Math.max(facts.width, facts.height));
  return sharp(bytes, {
    failOn: 'warning',
    limitInputPixels: facts.width * facts.height, // no more than the header was checked for
    ignoreIcc: facts.isSrgb,
  })
    .autoOrient()
    .flatten({ background: BACKGROUND })
    .resize({ width: edge, height: edge, fit: 'inside' })
    .jpeg({ quality: JPEG_QUALITY, optimiseCoding: false }) // optimising: 25 % CPU for 1 % bytes
    .timeout({ seconds: CONVERT_TIMEOUT_SECONDS + 1 })
    .toBuffer({ resolveWithObject: true });
}

/**
 * libvips reports a time-out as it reports damage, so our own clock, which ends a second before its,
 * tells the two apart.
 */
async function settleBefore<T>(deadline: AbortSignal, start: () => Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(deadline.reason);
  deadline.addEventListener('abort', abort, { once: true });
  try {
    deadline.throwIfAborted();
    return await Promise.race([aborted, start()]);
  } catch (cause) {
    throw deadline.aborted
      ? new ServiceError('internal', 'The picture could not be converted in time.', { cause })
      : new ServiceError('file_malformed', undefined, { cause });
  } finally {
    deadline.removeEventListener('abort', abort);
  }
}
