import { PICTURE_TYPES, type PictureType } from '../../media-types.ts';
import { bmp } from './bmp/bmp.ts';
import { gif } from './gif.ts';
import { avif, heic } from './heif/heif.ts';
import { jpeg } from './jpeg/jpeg.ts';
import type { PictureFormat } from './picture-format.ts';
import { png } from './png.ts';
import { tiff } from './tiff/tiff.ts';
import { webp } from './webp.ts';

export const FORMATS: Readonly<Record<PictureType, PictureFormat>> = {
  'image/jpeg': jpeg,
  'image/png': png,
  'image/webp': webp,
  'image/gif': gif,
  'image/tiff': tiff,
  'image/avif': avif,
  'image/heic': heic,
  'image/bmp': bmp,
};

/** The format whose magic bytes a file starts with. `start`: its first bytes, as Latin-1. */
export function detectPicture(start: string): PictureType | undefined {
  return PICTURE_TYPES.find((type) => FORMATS[type].matches(start));
}
