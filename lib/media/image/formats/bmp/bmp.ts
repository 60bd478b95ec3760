import { ServiceError } from '../../../../errors.ts';
import { openPixels } from '../../pixels.ts';
import type { PictureFormat, Structure, WalkedFile } from '../picture-format.ts';
import { decodeBmp } from './decode.ts';
import { type BmpHeader, readBmpHeader } from './header.ts';

const INFO_AT = 14;
const HEADER_BYTES = [12, 16, 40, 52, 56, 64, 108, 124];
/** A pixel of a run-length picture by number and in colour, and once more for sharp. */
const RUN_LENGTH_PIXEL_BYTES = 8;

interface BmpStructure extends Structure {
  header: BmpHeader | undefined;
}

export const bmp: PictureFormat<BmpStructure> = {
  // "BM" begins many a text: the size of the second header has to be one of those there are.
  matches(start) {
    const isLong = HEADER_BYTES.includes(start.charCodeAt(INFO_AT));
    return start.startsWith('BM') && isLong && start.startsWith('\0\0\0', INFO_AT + 1);
  },
  loader: undefined,
  // Nothing marks the end of a BMP: its decoder checks the lengths first.
  walk: (bytes) => ({ ended: true, frames: 1, header: readBmpHeader(bytes) }),
  async readHeader(_, file) {
    const { width, height, profile, masks, isRunLength } = headerOf(file);
    const size = { width, height };
    const icc = profile && Buffer.from(profile);
    return {
      mediaType: 'image/bmp',
      ...size,
      autoOrient: size,
      isProgressive: isRunLength, // held whole, as progressive pictures are
      hasAlpha: masks[3] !== 0,
      hasProfile: icc !== undefined,
      ...(icc && { icc }),
    };
  },
  isTooShort({ bytes, structure: { header } }) {
    if (!header || header.isRunLength) return false;
    return Math.ceil((header.width * header.bitsPerPixel) / 8) * header.height > bytes.length;
  },
  isFrameDecodedAlone: false,
  heldPixelBytes: ({ isProgressive }) => (isProgressive ? RUN_LENGTH_PIXEL_BYTES : 0),
  heldTimes: 1,
  emptiness: () => undefined,
  readOwnExif: () => undefined,
  checkUndecoded: async () => undefined,
  open: async (sharp, file) => openPixels(sharp, decodeBmp(file.bytes, headerOf(file))),
  kernel: 'lanczos3',
};

function headerOf({ structure: { header } }: WalkedFile<BmpStructure>): BmpHeader {
  if (!header) throw new ServiceError('file_malformed', 'The BMP header is not valid.');
  return header;
}
