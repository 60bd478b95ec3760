import type { PictureLimits } from '../../lib/media/image/picture-limits.ts';
import type { MediaLimits } from '../../lib/media/medium.ts';
import type { UploadLimits } from '../../lib/requests/multipart.ts';

/** What serverless.yml sets unless a stage says otherwise: bytes, but for the pixels. */
export const PICTURE_LIMITS: PictureLimits = { maxBytes: 26_214_400, maxPixels: 60_000_000 };
export const UPLOAD_LIMITS: UploadLimits = {
  image: PICTURE_LIMITS.maxBytes,
  video: 2_147_483_648,
  audio: 209_715_200,
  document: 52_428_800,
};
export const MEDIA_LIMITS: MediaLimits = {
  image: PICTURE_LIMITS,
  video: { maxBytes: UPLOAD_LIMITS.video },
  audio: { maxBytes: UPLOAD_LIMITS.audio },
  document: { maxBytes: UPLOAD_LIMITS.document },
};
