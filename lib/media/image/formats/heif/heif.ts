import { listBrands } from '../../../ftyp.ts';
import type { PictureType } from '../../../media-types.ts';
import { openPixels, type Sharp } from '../../pixels.ts';
import type { Header, PictureFormat, WalkedFile } from '../picture-format.ts';
import { openByVips, pixelBytes, readVipsHeader } from '../vips.ts';
import { makeStill } from './sequence.ts';
import { type HeifStructure, walkHeif } from './structure.ts';

const BRAND_OFFSET = 8;
const AVIF_BRAND = 'avif';
/** Planes, planes enlarged, pixels in colour: the decoders hold them at once. */
const HELD_TIMES = 6;

/** One container for two codecs, of which its first bytes need not say which it holds. */
const HEIF_TYPES: readonly PictureType[] = ['image/avif', 'image/heic'];

const heif = {
  loader: 'Heif',
  walk: walkHeif,
  isTooShort: () => false, // a flat picture of any size is a few bytes
  isFrameDecodedAlone: true,
  heldTimes: HELD_TIMES,
  readOwnExif: () => undefined,
  checkUndecoded: async () => undefined, // the walk has looked at the frames of a sequence
  kernel: 'lanczos3',
} as const;

export const avif: PictureFormat<HeifStructure> = {
  ...heif,
  matches: (start) => detectBrand(start) === 'image/avif',
  readHeader: (sharp, file) => readHeifHeader(sharp, nameAvif(file), file.structure),
  heldPixelBytes: pixelBytes,
  emptiness: () => ({ pixelsPerByte: 400, pixelBytes: 16 }),
  open: async (sharp, file, facts) => openByVips(sharp, nameAvif(file), facts, 'warning'),
};

export const heic: PictureFormat<HeifStructure> = {
  ...heif,
  matches: (start) => detectBrand(start) === 'image/heic',
  readHeader: (sharp, file) => readHeifHeader(sharp, stillOf(file) ?? file.bytes, file.structure),
  heldPixelBytes: ({ channels = 4 }) => channels,
  emptiness: () => ({ pixelsPerByte: 400, pixelBytes: 11 }),
  async open(sharp, file) {
    const { decodeHeic } = await import('./decode.ts');
    return openPixels(sharp, await decodeHeic(stillOf(file) ?? file.bytes));
  },
};

/**
 * The kind that the first box names, `ftyp`. The main brand may be the neutral `mif1`, so the compatible ones count
 * too (ISO/IEC 23008-12).
 */
function detectBrand(start: string): PictureType | undefined {
  const brands = listBrands(start);
  if (brands.some((brand) => /^avi[fs]$/.test(brand))) return 'image/avif';
  if (brands.some((brand) => /^(hei[cxms]|hev[cxms])$/.test(brand))) return 'image/heic';
  // Neutral brands say no more than HEIF; the list of items names the codec.
  if (brands.some((brand) => /^(mif[12]|msf1)$/.test(brand)))
    return /infe.{8}av01/s.test(start) ? 'image/avif' : 'image/heic';
  return undefined;
}

/** The first frame of a sequence; undefined for a file that holds a still picture itself. */
function stillOf({ bytes, structure }: WalkedFile<HeifStructure>): Buffer | undefined {
  const { track, hasPrimaryItem } = structure;
  return track && !hasPrimaryItem ? makeStill(bytes, track) : undefined;
}

/** libvips knows an AVIF by its main brand alone, which is another one for sequences that hold a still picture. */
function nameAvif(file: WalkedFile<HeifStructure>): Uint8Array {
  const still = stillOf(file);
  if (still) return still;
  const { bytes } = file;
  const brand = Buffer.from(bytes.subarray(BRAND_OFFSET, BRAND_OFFSET + 4)).toString('latin1');
  if (brand === AVIF_BRAND) return bytes;
  const branded = Buffer.from(bytes);
  branded.write(AVIF_BRAND, BRAND_OFFSET, 'latin1');
  return branded;
}

async function readHeifHeader(
  sharp: Sharp,
  decodable: Uint8Array,
  { namedColours }: HeifStructure,
): Promise<Header> {
  const header = await readVipsHeader(sharp, decodable, 'warning', HEIF_TYPES);
  if (header.icc || !namedColours) return header;
  const icc = await findNamedProfile(sharp, namedColours);
  return { ...header, ...(icc && { icc }) };
}

const DISPLAY_P3 = 12;
const SRGB_CURVES = [1, 6, 13];

/** The profile of Display P3, the only wide colours that cameras and screens name by numbers. */
async function findNamedProfile(
  sharp: Sharp,
  { primaries, transfer }: { primaries: number; transfer: number },
): Promise<Buffer | undefined> {
  if (primaries !== DISPLAY_P3 || !SRGB_CURVES.includes(transfer)) return undefined;
  const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  return (await sharp(await dot.withIccProfile('p3').png().toBuffer()).metadata()).icc;
}
