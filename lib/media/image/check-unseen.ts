import { ServiceError } from '../../errors.ts';
import { walkScan } from './formats/jpeg/scan.ts';
import { checkTiffPages } from './formats/tiff/decode.ts';
import type { PictureFacts } from './inspect.ts';
import type { Sharp } from './sharp.ts';

const THROWN_AWAY_PIXELS = 8;

/**
 * Looks at what the decode of the picture does not see, where the gate's own walk has not: a file of which
 * another part is damaged is a damaged file. What they cost in all was bounded before.
 * @throws ServiceError `file_malformed`
 */
export async function checkUnseen(
  sharp: Sharp,
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<void> {
  if (facts.mediaType === 'image/jpeg' && walkScan(bytes) === 'broken')
    throw new ServiceError('file_malformed', 'The JPEG holds more or fewer rows than it says.');
  if (facts.frames === 1) return;
  try {
    if (facts.mediaType === 'image/webp') await decodeFrames(sharp, bytes, facts);
    if (facts.mediaType === 'image/tiff') await checkTiffPages(sharp, bytes);
  } catch (cause) {
    throw new ServiceError('file_malformed', 'Another frame or page is damaged.', { cause });
  }
}

/** All frames, and keeps none. Those of a GIF need no decode, those of an AVIF were walked by the gate. */
async function decodeFrames(
  sharp: Sharp,
  bytes: Uint8Array,
  { width, height, frames }: PictureFacts,
): Promise<void> {
  const limitInputPixels = width * height * frames;
  await sharp(bytes, { animated: true, failOn: 'warning', limitInputPixels })
    .resize({ width: THROWN_AWAY_PIXELS, height: THROWN_AWAY_PIXELS, fit: 'fill' })
    .raw()
    .toBuffer();
}
