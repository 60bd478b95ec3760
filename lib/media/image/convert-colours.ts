import type { Sharp as Picture } from 'sharp';
import { profileSpace } from './colour-profile.ts';
import type { PictureFacts } from './inspect.ts';
import { inksToRgb } from './sample-colours.ts';
import type { Sharp } from './sharp.ts';
import { writeTiff } from './write-tiff.ts';

/**
 * The picture in sRGB, by its profile: after it was made small, for at full size that is half of all the
 * work. sharp does so by itself when a file is opened that holds the profile, so such a file, of plain
 * pixels, is made. Of pictures that are not RGB, sharp converts each pixel as it comes. Inks without a
 * profile nobody knows; they are shown as browsers show them, and not as one press would print them.
 */
export async function convertColours(
  sharp: Sharp,
  small: Picture,
  { profile, isPlainCmyk }: PictureFacts,
): Promise<Picture> {
  if (isPlainCmyk) {
    const inks = small.pipelineColourspace('cmyk').toColourspace('cmyk');
    const { data, info } = await inks.raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const raw = { width, height, channels: 3 } as const;
    return sharp(inksToRgb(data, channels), { raw });
  }
  if (!profile || profileSpace(profile) !== 'RGB ') return small;
  const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
  return sharp(writeTiff(data, info, profile));
}
