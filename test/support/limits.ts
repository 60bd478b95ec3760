import type { PictureLimits } from '../../lib/media/image/limits.ts';
import type { MediaLimits } from '../../lib/media/limits.ts';

/** What serverless.yml sets unless a stage says otherwise. */
export const PICTURE_LIMITS: PictureLimits = { maxBytes: 26_214_400, maxPixels: 60_000_000 };
export const MEDIA_LIMITS: MediaLimits = {
  image: PICTURE_LIMITS,
  video: { maxBytes: 2_000_000_000 },
  audio: { maxBytes: 200_000_000 },
  document: { maxBytes: 50_000_000 },
};
