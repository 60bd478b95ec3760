import { ServiceError } from '../../errors.ts';
import { detectMediaType, isPictureType, type PictureType } from '../detect.ts';
import { checkClaimedSize, checkCost, countFrames, countHeldBytes } from './cost.ts';
import { findOldJpeg } from './formats/tiff/old-jpeg.ts';
import { type Header, readHeader } from './header.ts';
import { isPlainSrgb } from './icc.ts';
import { listMetadata, type MetadataKind } from './metadata.ts';
import type { PictureLimits } from './picture-limits.ts';
import { checkStructure, type Structure } from './structure.ts';

export interface PictureFacts {
  mediaType: PictureType;
  /** Pixels of the upright picture; of one frame, where there are several. */
  width: number;
  height: number;
  /** What the decoder holds of it at a time, at least. */
  heldBytes: number;
  /** EXIF orientation, 1–8; 1 where none is given. */
  orientation: number;
  /** Frames of an animation or pages of a document. */
  frames: number;
  /** Which of them is analysed, from 1: the first, unless the file calls another one its primary. */
  page: number;
  hasAlpha: boolean;
  /** The ICC profile to convert the colours by; undefined where they are sRGB, by its name or for want of one. */
  profile: Uint8Array | undefined;
  /** Inks of which no profile says what they look like. */
  isPlainCmyk: boolean;
  /** Found in the file; none of it leaves with the converted picture. */
  metadata: MetadataKind[];
  /** When the picture was taken, by its EXIF: ISO 8601, in the camera's own time. */
  capturedAt: string | undefined;
}

/**
 * What can be known of a picture without decoding it, cheap checks first. Throws `file_too_large`,
 * `type_unsupported`, `file_malformed` or `file_too_complex`.
 */
export async function inspectPicture(
  bytes: Uint8Array,
  limits: PictureLimits,
): Promise<PictureFacts> {
  const mediaType = checkBytes(bytes, limits);
  const structure = checkStructure(mediaType, bytes);
  const oldJpeg = mediaType === 'image/tiff' ? findOldJpeg(bytes) : undefined;
  if (oldJpeg) return { ...(await inspectPicture(oldJpeg, limits)), mediaType };
  checkClaimedSize(bytes, mediaType, structure, limits); // its end is there, so its header is
  const header = await readHeader(bytes, mediaType);
  checkCost(bytes, header, structure, limits);
  return describeFacts(bytes, header, structure);
}

function checkBytes(bytes: Uint8Array, { maxBytes }: PictureLimits): PictureType {
  if (bytes.length === 0) throw new ServiceError('file_malformed', 'The file is empty.');
  if (bytes.length > maxBytes) {
    throw new ServiceError('file_too_large', `The file is larger than ${maxBytes} bytes.`);
  }
  const type = detectMediaType(bytes);
  if (isPictureType(type)) return type;
  const found = type ? `The file is ${type}, which is not supported.` : undefined;
  throw new ServiceError('type_unsupported', found);
}

function describeFacts(bytes: Uint8Array, header: Header, structure: Structure): PictureFacts {
  return {
    mediaType: header.mediaType,
    ...header.autoOrient,
    heldBytes: countHeldBytes(header),
    orientation: header.orientation ?? 1,
    frames: countFrames(header, structure),
    page: (header.pagePrimary ?? 0) + 1,
    hasAlpha: header.hasAlpha,
    isPlainCmyk: header.space === 'cmyk' && !header.icc,
    profile: header.icc && !isPlainSrgb(header.icc) ? header.icc : undefined,
    ...listMetadata(bytes, header, structure),
  };
}
