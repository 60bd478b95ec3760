import type { Sharp as Picture } from 'sharp';
import { decodeBmp } from './bmp.ts';
import { chooseFailOn, makeDecodable } from './decodable.ts';
import { decodeHeic } from './heic.ts';
import type { PictureFacts } from './inspect.ts';
import type { RawPicture } from './raw-picture.ts';
import type { Sharp } from './sharp.ts';

/** The picture for sharp to work on: by its own loaders, or decoded beside it where it has none. */
export async function openPicture(
  sharp: Sharp,
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<Picture> {
  if (facts.mediaType === 'image/heic') return openRaw(sharp, await decodeHeic(bytes));
  if (facts.mediaType === 'image/bmp') return openRaw(sharp, decodeBmp(bytes));
  return sharp(makeDecodable(bytes, facts.mediaType), {
    failOn: chooseFailOn(facts.mediaType),
    limitInputPixels: facts.width * facts.height, // no more than the header was checked for
    page: facts.page - 1,
    ignoreIcc: facts.profile === undefined,
  });
}

function openRaw(sharp: Sharp, { data, width, height, channels }: RawPicture): Picture {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}
