import { detectMediaType } from '../../lib/media/detect.ts';
import type { PictureFacts } from '../../lib/media/image/formats/picture-format.ts';
import { inspectPicture } from '../../lib/media/image/image.ts';
import { isPictureType } from '../../lib/media/media-types.ts';

const LIMITS = { maxBytes: 26_214_400, maxPixels: 60_000_000 };

/** The facts of a picture by the type that its bytes show, within the limits that serverless.yml sets. */
export async function inspect(bytes: Uint8Array): Promise<PictureFacts> {
  const type = detectMediaType(bytes);
  if (!isPictureType(type)) throw new Error('The corpus holds pictures alone.');
  return inspectPicture(bytes, type, LIMITS);
}
