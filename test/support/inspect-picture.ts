import { ServiceError } from '../../lib/errors.ts';
import { detectMediaType } from '../../lib/media/detect.ts';
import type { PictureFacts } from '../../lib/media/image/formats/picture-format.ts';
import { inspectPicture as inspectAs } from '../../lib/media/image/image.ts';
import { findMedium } from '../../lib/media/media.ts';
import { isPictureType } from '../../lib/media/media-types.ts';
import { MEDIA_LIMITS, PICTURE_LIMITS } from './limits.ts';

/** The facts of a picture that comes in as an upload does: by its first bytes. */
export async function inspectPicture(
  bytes: Uint8Array,
  limits = PICTURE_LIMITS,
): Promise<PictureFacts> {
  const read = async (start: number, end: number) => bytes.subarray(start, end);
  const file = { bytes: bytes.length, read, readAll: async () => bytes };
  await findMedium(file, { ...MEDIA_LIMITS, image: limits });
  const type = detectMediaType(bytes);
  if (!isPictureType(type)) throw new ServiceError('type_unsupported');
  return inspectAs(bytes, type, limits);
}
