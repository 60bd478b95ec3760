import type { Sharp as Picture } from 'sharp';
import { releaseBytes } from '../../release-bytes.ts';
import { writeTiff } from './formats/tiff/write.ts';
import { profileSpace } from './icc.ts';
import type { PictureFacts } from './inspect.ts';
import { convertByMatrix } from './matrix-colours.ts';
import { readMatrixProfile } from './matrix-profile.ts';
import { type Pixels, readPixels } from './pixels.ts';
import { inksToRgb } from './sample-colours.ts';
import type { Sharp } from './sharp.ts';

/**
 * The picture in sRGB, by its profile: after it was made small, for at full size that is half of all the
 * work. Of pictures that are not RGB, sharp converts each pixel as it comes. Inks without a profile nobody
 * knows; they are shown as browsers show them, and not as one press would print them.
 */
export async function convertColours(
  sharp: Sharp,
  small: Picture,
  { profile, isPlainCmyk }: PictureFacts,
): Promise<Pixels> {
  if (isPlainCmyk) {
    const inks = await readPixels(small.pipelineColourspace('cmyk').toColourspace('cmyk'));
    const data = inksToRgb(inks.data, inks.channels);
    releaseBytes(inks.data);
    return { ...inks, data, channels: 3 };
  }
  const pixels = await readPixels(small);
  return profile && profileSpace(profile) === 'RGB '
    ? convertByProfile(sharp, pixels, profile)
    : pixels;
}

/** sharp does so by itself when a file is opened that holds the profile, so such a file, of plain pixels, is made. */
async function convertByProfile(
  sharp: Sharp,
  pixels: Pixels,
  profile: Uint8Array,
): Promise<Pixels> {
  const { data, channels } = pixels;
  const matrix = channels >= 3 ? readMatrixProfile(profile) : undefined;
  if (matrix && convertByMatrix(data, channels, matrix)) return pixels;
  const tiff = writeTiff(data, pixels, profile);
  releaseBytes(pixels.data);
  return readPixels(sharp(tiff));
}
