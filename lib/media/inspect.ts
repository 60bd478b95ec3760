import type { Metadata } from 'sharp';
import { ServiceError } from '../errors.ts';
import { isPlainSrgb } from './colour-profile.ts';
import { detectMediaType, isPictureType, type PictureType } from './detect.ts';
import { MAX_FRAMES, MAX_JPEG_SCAN_PIXELS, type PictureLimits } from './limits.ts';
import { listMetadata, type MetadataKind } from './metadata-kinds.ts';
import { loadSharp } from './sharp.ts';
import { checkStructure, type Structure } from './structure.ts';

export interface PictureFacts {
  mediaType: PictureType;
  /** Pixels of the upright picture; of one frame, where there are several. */
  width: number;
  height: number;
  /** EXIF orientation, 1–8; 1 where none is given. */
  orientation: number;
  /** Frames of an animation or pages of a document; the first is what is analysed. */
  frames: number;
  hasAlpha: boolean;
  hasProfile: boolean;
  /** No profile or plain sRGB: the colours need no conversion. */
  isSrgb: boolean;
  /** Found in the file; none of it leaves with the converted picture. */
  metadata: MetadataKind[];
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
  const header = await readHeader(bytes, mediaType);
  checkCost(header, mediaType, structure, limits);
  return describeFacts(bytes, mediaType, header, structure);
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

/** From a buffer, never a path: by path, libvips opens formats that the bytes do not show. */
async function readHeader(bytes: Uint8Array, mediaType: PictureType): Promise<Metadata> {
  const sharp = await loadSharp();
  // The pixels are counted below, so that too many of them are not taken for damage.
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw new ServiceError('file_malformed', undefined, { cause });
    });
  // The decoder must see the type that was checked: a file may be valid in two formats at once.
  const isSame = header.mediaType === mediaType;
  if (!isSame) throw new ServiceError('file_malformed', 'The file is not what its start says.');
  return header;
}

/** Pages of a TIFF are pictures of their own, of which one is decoded; frames share a canvas. */
function checkCost(
  header: Metadata,
  mediaType: PictureType,
  { scans }: Structure,
  { maxPixels }: PictureLimits,
): void {
  const frames = header.pages ?? 1;
  if (frames > MAX_FRAMES) {
    throw new ServiceError('file_too_complex', `It has more than ${MAX_FRAMES} frames or pages.`);
  }
  const pixels = header.width * header.height;
  if (pixels * (mediaType === 'image/tiff' ? 1 : frames) > maxPixels) {
    throw new ServiceError('file_too_complex', `It has more than ${maxPixels} pixels in all.`);
  }
  if (pixels * scans > MAX_JPEG_SCAN_PIXELS) {
    throw new ServiceError('file_too_complex', 'The JPEG has too many scans for its size.');
  }
}

function describeFacts(
  bytes: Uint8Array,
  mediaType: PictureType,
  header: Metadata,
  structure: Structure,
): PictureFacts {
  return {
    mediaType,
    ...header.autoOrient,
    orientation: header.orientation ?? 1,
    frames: header.pages ?? 1,
    hasAlpha: header.hasAlpha,
    hasProfile: header.hasProfile,
    isSrgb: !header.hasProfile || (header.icc !== undefined && isPlainSrgb(header.icc)),
    metadata: listMetadata(bytes, mediaType, header, structure),
  };
}
