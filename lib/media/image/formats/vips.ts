import type { Sharp as Picture } from 'sharp';
import { ServiceError } from '../../../errors.ts';
import { PICTURE_TYPES, type PictureType } from '../../media-types.ts';
import { profileSpace } from '../icc.ts';
import type { Sharp } from '../pixels.ts';
import type { Header, PictureFacts } from './picture-format.ts';

/** The strictness of libvips: damage shows in warnings, but in a TIFF, where odd text in a tag is one. */
type FailOn = 'warning' | 'error';

/**
 * Reads the header by libvips: from a buffer, never a path, by which it opens formats that the bytes do not
 * show. Throws `file_malformed` for one that makes no sense, or for another type than was checked: a file may
 * be valid in two formats at once.
 */
export async function readVipsHeader(
  sharp: Sharp,
  bytes: Uint8Array,
  failOn: FailOn,
  expected: readonly PictureType[],
): Promise<Header> {
  // The pixels are counted by cost.ts, so that too many of them are not taken for damage.
  const read = (page = 0) =>
    sharp(bytes, { limitInputPixels: false, failOn, page })
      .metadata()
      .catch((cause: unknown) => {
        throw new ServiceError('file_malformed', undefined, { cause });
      });
  const first = await read();
  const header = first.pagePrimary ? await read(first.pagePrimary) : first;
  const mediaType = PICTURE_TYPES.find((type) => type === header.mediaType);
  if (!mediaType || !expected.includes(mediaType))
    throw new ServiceError(
      'file_malformed',
      'The file is not of the type that its first bytes name.',
    );
  return { ...header, mediaType };
}

/** Opens the page that is analysed for decoding by libvips. */
export function openByVips(
  sharp: Sharp,
  bytes: Uint8Array,
  { width, height, page, profile }: PictureFacts,
  failOn: FailOn,
): Picture {
  return sharp(bytes, {
    failOn,
    limitInputPixels: width * height, // no more than the header was checked for
    page: page - 1,
    // Colours with an RGB profile are converted after the shrink, when there are few pixels (colours.ts).
    ignoreIcc: !profile || profileSpace(profile) === 'RGB ',
  });
}

const SAMPLE_BYTES: Partial<Record<string, number>> = { ushort: 2, float: 4, double: 8 };

/** Bytes of a pixel, of all its channels, as libvips holds it. */
export function pixelBytes({ channels = 4, depth }: Header): number {
  return channels * (SAMPLE_BYTES[depth ?? ''] ?? 1);
}

/** Pixels that are left of one edge. */
const THROWN_AWAY_PIXELS = 8;

/** Decodes all of it for its errors alone. */
export async function decodeAway(picture: Picture, kernel: 'lanczos3' | 'nearest'): Promise<void> {
  const edge = THROWN_AWAY_PIXELS;
  await picture.resize({ width: edge, height: edge, fit: 'fill', kernel }).raw().toBuffer();
}

/** The error of a check of the frames and pages that are not analysed. */
export function otherFrameDamaged(cause: unknown): ServiceError {
  return new ServiceError('file_malformed', 'Another frame or page is damaged.', { cause });
}
