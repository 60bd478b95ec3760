import type { Settings } from '../config.ts';
import type { MediumName } from '../source.ts';
import type { PictureLimits } from './image/picture-limits.ts';

/** The limits that a stage sets: `params` in serverless.yml. */
export interface MediaLimits extends Record<MediumName, { maxBytes: number }> {
  image: PictureLimits;
}

type LimitSettings =
  | 'MAX_PICTURE_BYTES'
  | 'MAX_PICTURE_PIXELS'
  | 'MAX_VIDEO_BYTES'
  | 'MAX_AUDIO_BYTES'
  | 'MAX_DOCUMENT_BYTES';

export function describeLimits(config: Pick<Settings, LimitSettings>): MediaLimits {
  return {
    image: { maxBytes: config.MAX_PICTURE_BYTES, maxPixels: config.MAX_PICTURE_PIXELS },
    video: { maxBytes: config.MAX_VIDEO_BYTES },
    document: { maxBytes: config.MAX_DOCUMENT_BYTES },
    audio: { maxBytes: config.MAX_AUDIO_BYTES },
  };
}
