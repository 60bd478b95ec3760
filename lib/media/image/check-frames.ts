import { ServiceError } from '../../errors.ts';
import type { PictureFacts } from './inspect.ts';
import type { Sharp } from './sharp.ts';

const THROWN_AWAY_PIXELS = 8;

/**
 * Decodes all frames of an animated WebP, and keeps none. Only the first is looked at, but a file of which
 * the rest is damaged is a damaged file; what they cost in all was bounded with the pixels. A GIF needs no
 * decode for that, the later frames of other formats are not looked at: docs/files.md.
 * @throws ServiceError `file_malformed`
 */
export async function checkFrames(
  sharp: Sharp,
  bytes: Uint8Array,
  { mediaType, width, height, frames }: PictureFacts,
): Promise<void> {
  if (mediaType !== 'image/webp' || frames === 1) return;
  const limitInputPixels = width * height * frames;
  await sharp(bytes, { animated: true, failOn: 'warning', limitInputPixels })
    .resize({ width: THROWN_AWAY_PIXELS, height: THROWN_AWAY_PIXELS, fit: 'fill' })
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new ServiceError('file_malformed', undefined, { cause });
    });
}
