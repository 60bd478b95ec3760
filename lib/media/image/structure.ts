import { ServiceError } from '../../errors.ts';
import type { PictureType } from '../detect.ts';
import { readGifStructure } from './formats/gif.ts';
import { readIsoStructure } from './formats/heif/structure.ts';
import { readJpegStructure } from './formats/jpeg/markers.ts';
import { readPngStructure } from './formats/png.ts';
import { readTiffStructure } from './formats/tiff/structure.ts';
import { readWebpStructure } from './formats/webp.ts';
import { MAX_FRAMES, MAX_JPEG_SCANS } from './picture-limits.ts';

export interface Structure {
  /** Passes over the picture that a decode takes. */
  scans: number;
  /** Frames or pages; the decoder may know of fewer. */
  frames: number;
  hasComment: boolean;
  /** Pixels of the largest frame of a GIF; of the others it is not counted. */
  drawnPixels: number;
}

interface Walked extends Partial<Structure> {
  /** Is everything there that the file promises, up to its end? */
  ended: boolean;
  damaged?: boolean;
  tooComplex?: boolean;
  unsupported?: string | undefined;
}

/**
 * What the bytes tell before any decoder sees them. Throws `file_too_complex` for more parts than any
 * encoder writes, `file_malformed` where the end is missing or a checksum is wrong, `type_unsupported`
 * for a variant that the decoder lacks.
 */
export function checkStructure(mediaType: PictureType, bytes: Uint8Array): Structure {
  const walked = walk(mediaType, bytes);
  const { scans = 1, frames = 1, hasComment = false, ended, unsupported } = walked;
  const { drawnPixels = 0 } = walked;
  if (scans > MAX_JPEG_SCANS) {
    throw new ServiceError('file_too_complex', `The JPEG has more than ${MAX_JPEG_SCANS} scans.`);
  }
  if (walked.tooComplex || frames > MAX_FRAMES) {
    throw new ServiceError('file_too_complex', 'It has more parts than any picture needs.');
  }
  if (walked.damaged) throw new ServiceError('file_malformed');
  if (!ended) throw new ServiceError('file_malformed', 'The file is cut off: its end is missing.');
  if (unsupported) throw new ServiceError('type_unsupported', `A TIFF with ${unsupported}.`);
  return { scans, frames, hasComment, drawnPixels };
}

function walk(mediaType: PictureType, bytes: Uint8Array): Walked {
  switch (mediaType) {
    case 'image/jpeg':
      return readJpegStructure(bytes);
    case 'image/gif':
      return readGifStructure(bytes, MAX_FRAMES);
    case 'image/png':
      return readPngStructure(bytes);
    case 'image/webp':
      return readWebpStructure(bytes, MAX_FRAMES);
    case 'image/tiff':
      return readTiffStructure(bytes, MAX_FRAMES);
    case 'image/bmp': // its decoder checks its lengths first
      return { ended: true };
    default:
      return readIsoStructure(bytes);
  }
}
