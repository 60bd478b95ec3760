import type { Sharp as Picture } from 'sharp';
import { chooseFailOn, makeDecodable } from './decodable.ts';
import { decodeBmp } from './formats/bmp/decode.ts';
import { decodeHeic } from './formats/heif/decode.ts';
import { decodeTiffVariant } from './formats/tiff/decode.ts';
import { findOldJpeg } from './formats/tiff/old-jpeg.ts';
import { findVariant, REDECLARED } from './formats/tiff/variant.ts';
import { profileSpace } from './icc.ts';
import type { PictureFacts } from './inspect.ts';
import { openPixels } from './pixels.ts';
import type { Sharp } from './sharp.ts';
import { turnUpright } from './turn-upright.ts';

/** The picture for sharp to work on: by its own loaders, or decoded beside it where it has none. */
export async function openPicture(
  sharp: Sharp,
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<Picture> {
  if (facts.mediaType === 'image/heic')
    return openPixels(sharp, await decodeHeic(makeDecodable(bytes, facts.mediaType)));
  if (facts.mediaType === 'image/bmp') return openPixels(sharp, decodeBmp(bytes));
  if (facts.mediaType === 'image/tiff') {
    const oldJpeg = findOldJpeg(bytes);
    if (oldJpeg) return openPicture(sharp, oldJpeg, { ...facts, mediaType: 'image/jpeg' });
    const page = findVariant(bytes);
    if (page && !REDECLARED.includes(page.variant)) {
      const raw = await decodeTiffVariant(sharp, bytes, page);
      return turnUpright(openPixels(sharp, raw), facts.orientation);
    }
  }
  return sharp(makeDecodable(bytes, facts.mediaType), {
    failOn: chooseFailOn(facts.mediaType),
    limitInputPixels: facts.width * facts.height, // no more than the header was checked for
    page: facts.page - 1,
    // By the profile of RGB pixels, colours are converted when they are few (convert-colours.ts).
    ignoreIcc: !facts.profile || profileSpace(facts.profile) === 'RGB ',
  });
}
