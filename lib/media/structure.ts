import { ServiceError } from '../errors.ts';
import type { PictureType } from './detect.ts';
import { readGifStructure } from './gif-structure.ts';
import { readJpegStructure } from './jpeg-structure.ts';
import { MAX_JPEG_SCANS } from './limits.ts';
import { isPngComplete } from './png-structure.ts';

export interface Structure {
  /** Passes over the picture that a decode takes. */
  scans: number;
  hasComment: boolean;
}

/**
 * What the bytes tell before any decoder sees them. Throws `file_malformed` where the end is missing,
 * `file_too_complex` for more scans than any encoder writes.
 */
export function checkStructure(mediaType: PictureType, bytes: Uint8Array): Structure {
  const { scans, ended, hasComment } = readStructure(mediaType, bytes);
  if (scans > MAX_JPEG_SCANS) {
    throw new ServiceError('file_too_complex', `The JPEG has more than ${MAX_JPEG_SCANS} scans.`);
  }
  if (!ended) throw new ServiceError('file_malformed', 'The file is cut off: its end is missing.');
  return { scans, hasComment };
}

function readStructure(mediaType: PictureType, bytes: Uint8Array): Structure & { ended: boolean } {
  switch (mediaType) {
    case 'image/jpeg':
      return readJpegStructure(bytes);
    case 'image/gif':
      return { scans: 1, ...readGifStructure(bytes) };
    case 'image/png':
      return { scans: 1, hasComment: false, ended: isPngComplete(bytes) };
    default: // their lengths stand at the front, and the decoder checks them
      return { scans: 1, hasComment: false, ended: true };
  }
}
