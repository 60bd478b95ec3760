import type { Settings } from '../config.ts';
import { ServiceError } from '../errors.ts';
import { mediumOf } from '../media/claimed-type.ts';
import type { MediumName } from '../source.ts';

/** Of a file that is sent by one form; what is larger goes in parts, of which a lost connection costs but one. */
export const MAX_FORM_UPLOAD_BYTES = 100_000_000;

/** The most bytes of each medium, as the stage sets them. */
export type UploadLimits = Record<MediumName, number>;

export function readUploadLimits(
  config: Pick<
    Settings,
    'MAX_PICTURE_BYTES' | 'MAX_VIDEO_BYTES' | 'MAX_AUDIO_BYTES' | 'MAX_DOCUMENT_BYTES'
  >,
): UploadLimits {
  return {
    image: config.MAX_PICTURE_BYTES,
    video: config.MAX_VIDEO_BYTES,
    audio: config.MAX_AUDIO_BYTES,
    document: config.MAX_DOCUMENT_BYTES,
  };
}

const ANALYSED = /^(image\/(?!svg)|video\/|audio\/|application\/pdf$)/i;
const UNTOLD = /^application\/octet-stream$/i;

/**
 * The most bytes that a file of this declared type may have.
 * @throws ServiceError `type_unsupported`
 */
export function findMaximum(contentType: string, limits: UploadLimits): number {
  if (ANALYSED.test(contentType)) return limits[mediumOf(contentType)];
  if (UNTOLD.test(contentType)) return Math.max(...Object.values(limits)); // its bytes will tell
  const message = `${contentType} is no type that can be analysed: pictures, videos, audio and PDF are.`;
  throw new ServiceError('type_unsupported', message);
}
