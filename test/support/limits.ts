import type { PictureLimits } from '../../lib/media/image/limits.ts';

/** What serverless.yml sets unless a stage says otherwise. */
export const PICTURE_LIMITS: PictureLimits = { maxBytes: 26_214_400, maxPixels: 60_000_000 };
