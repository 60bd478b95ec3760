import sharp from 'sharp';
import { findHeicSize } from './heic.ts';
import { type Measurement, measurePicture } from './measure.ts';
import type { Media } from './media.ts';
import { refuse } from './refusal.ts';

/** What is known of a picture: all of it, or only the size of one that sharp cannot decode. */
export type Picture =
  | (Measurement & { decoded: true })
  | { decoded: false; width: number; height: number };

/** Google's list of picture types, and sharp's name of each that it can decode. */
const DECODERS: Readonly<Record<string, string | undefined>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
};
const HEIC_TYPES = ['image/heic', 'image/heif'];

/** Measures a picture; throws a refusal (400) as Google would. */
export async function readPicture({ mimeType, bytes, read }: Media): Promise<Picture> {
  if (HEIC_TYPES.includes(mimeType)) {
    const size = findHeicSize(await read(0, bytes));
    if (size === undefined) throw refuseImage();
    return { decoded: false, ...size };
  }
  const decoder = DECODERS[mimeType];
  if (decoder === undefined) throw refuse(400, `Unsupported MIME type: ${mimeType}`);
  try {
    const picture = await read(0, bytes);
    const { format } = await sharp(picture).metadata();
    if (format !== decoder) throw refuseImage();
    return { decoded: true, ...(await measurePicture(picture)) };
  } catch {
    throw refuseImage();
  }
}

function refuseImage(): Error {
  return refuse(400, 'Unable to process input image. Please retry or report in the API docs.');
}
