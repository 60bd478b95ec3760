import type { PictureType } from '../detect.ts';
import { makeStill } from './formats/heif/still.ts';
import { dropJunk } from './formats/jpeg/markers.ts';
import { declareReadable, findVariant } from './formats/tiff/variant.ts';
import { redeclareTiff } from './formats/tiff/write.ts';

const BRAND_OFFSET = 8;
const AVIF_BRAND = 'avif';

/**
 * The bytes in a form that libvips takes: it knows an AVIF by its main brand alone, which is another
 * one for animations that hold a still picture too, and may be the neutral `mif1`; and it takes every remark of libjpeg for damage.
 */
export function makeDecodable(bytes: Uint8Array, mediaType: PictureType): Uint8Array {
  if (mediaType === 'image/jpeg') return dropJunk(bytes);
  if (mediaType === 'image/tiff') {
    const page = findVariant(bytes);
    return page ? redeclareTiff(bytes, declareReadable(page)) : bytes;
  }
  if (mediaType === 'image/heic') return makeStill(bytes) ?? bytes;
  if (mediaType !== 'image/avif') return bytes;
  const still = makeStill(bytes);
  if (still) return still;
  const brand = Buffer.from(bytes.subarray(BRAND_OFFSET, BRAND_OFFSET + 4)).toString('latin1');
  if (brand === AVIF_BRAND) return bytes;
  const branded = Buffer.from(bytes);
  branded.write(AVIF_BRAND, BRAND_OFFSET, 'latin1');
  return branded;
}

/**
 * How strict the decoder has to be. In a TIFF even odd text in an unknown tag is a warning, and what is
 * really missing is an error; elsewhere warnings are how damage shows.
 */
export function chooseFailOn(mediaType: PictureType): 'warning' | 'error' {
  return mediaType === 'image/tiff' ? 'error' : 'warning';
}
