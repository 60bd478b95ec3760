import { ServiceError } from '../../errors.ts';
import { loadSharp } from '../image/sharp.ts';
import type { Poster } from '../medium.ts';
import { POSTER_QUALITY } from './limits.ts';
import { drawDocument } from './prepare.ts';

/** The first page as a picture; undefined where it takes too long to draw: the analysis does without. */
export async function makePoster(pdf: Uint8Array): Promise<Poster | undefined> {
  const drawn = await drawDocument(pdf, 1).catch((error: unknown) => {
    if (error instanceof ServiceError) return undefined;
    throw error;
  });
  if (!drawn) return undefined;
  const { width, height, rgbx } = drawn;
  const sharp = await loadSharp();
  const page = sharp(rgbx, { raw: { width, height, channels: 4 } }).removeAlpha();
  const bytes = await page.jpeg({ quality: POSTER_QUALITY }).toBuffer();
  return { mediaType: 'image/jpeg', bytes };
}
