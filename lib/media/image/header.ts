import type { Metadata } from 'sharp';
import { ServiceError } from '../../errors.ts';
import { PICTURE_TYPES, type PictureType } from '../detect.ts';
import { chooseFailOn, makeDecodable } from './decodable.ts';
import { readBmpHeader } from './formats/bmp/header.ts';
import { findNamedProfile } from './formats/heif/named-colours.ts';
import { loadSharp } from './sharp.ts';

/** What the decoder's own header says. */
export type Header = Pick<Metadata, 'width' | 'height' | 'autoOrient' | 'hasAlpha' | 'hasProfile'> &
  Partial<
    Pick<Metadata, 'orientation' | 'pages' | 'pagePrimary' | 'icc' | 'exif' | 'xmp' | 'iptc'> &
      Pick<
        Metadata,
        'comments' | 'channels' | 'depth' | 'space' | 'isProgressive' | 'chromaSubsampling'
      >
  > & {
    mediaType: PictureType;
  };

/** Decodes no pixel. Throws `file_malformed` where the header makes no sense, or is another type's. */
export async function readHeader(bytes: Uint8Array, detected: PictureType): Promise<Header> {
  return detected === 'image/bmp' ? readBmp(bytes) : readDecoders(bytes, detected);
}

/** By libvips. From a buffer, never a path: by path, it opens formats that the bytes do not show. */
async function readDecoders(bytes: Uint8Array, detected: PictureType): Promise<Header> {
  const sharp = await loadSharp();
  // The pixels are counted below, so that too many of them are not taken for damage.
  const options = { limitInputPixels: false, failOn: chooseFailOn(detected) };
  const decodable = makeDecodable(bytes, detected);
  const read = (page = 0) =>
    sharp(decodable, { ...options, page })
      .metadata()
      .catch((cause: unknown) => {
        throw new ServiceError('file_malformed', undefined, { cause });
      });
  const first = await read();
  const header = first.pagePrimary ? await read(first.pagePrimary) : first;
  const mediaType = PICTURE_TYPES.find((type) => type === header.mediaType);
  // The decoder must see the type that was checked: a file may be valid in two formats at once.
  const isSame = mediaType === detected || (isHeif(mediaType) && isHeif(detected));
  if (!mediaType || !isSame)
    throw new ServiceError('file_malformed', 'The file is not what its start says.');
  const icc = header.icc ?? (isHeif(mediaType) ? await findNamedProfile(sharp, bytes) : undefined);
  return { ...header, ...(icc && { icc }), mediaType };
}

/** One container for two codecs; which, its first bytes need not say. */
function isHeif(type: PictureType | undefined): boolean {
  return type === 'image/avif' || type === 'image/heic';
}

function readBmp(bytes: Uint8Array): Header {
  const header = readBmpHeader(bytes);
  if (!header) throw new ServiceError('file_malformed', 'The BMP header makes no sense.');
  const { width, height, profile, masks, isRunLength } = header;
  const size = { width, height };
  const icc = profile && Buffer.from(profile);
  const colours = { hasAlpha: masks[3] !== 0, hasProfile: icc !== undefined, ...(icc && { icc }) };
  return {
    mediaType: 'image/bmp',
    ...size,
    autoOrient: size,
    isProgressive: isRunLength, // held whole, as those are
    ...colours,
  };
}
