import { ServiceError } from '../../errors.ts';
import { loadSharp } from '../image/sharp.ts';
import type { Poster } from '../medium.ts';
import { POSTER_QUALITY } from './document-limits.ts';
import { drawDocument } from './prepare.ts';

/** A page, from 1, as a picture; undefined where it takes too long to draw: the analysis does without. */
export async function makePoster(pdf: Uint8Array, page: number): Promise<Poster | undefined> {
  const drawn = await drawDocument(pdf, page).catch((error: unknown) => {
    if (error instanceof ServiceError) return undefined;
    throw error;
  });
  if (!drawn) return undefined;
  const { width, height, rgbx } = drawn;
  const sharp = await loadSharp();
  const opaque = sharp(rgbx, { raw: { width, height, channels: 4 } }).removeAlpha();
  const bytes = await opaque.jpeg({ quality: POSTER_QUALITY }).toBuffer();
  return { mediaType: 'image/jpeg', bytes };
}
