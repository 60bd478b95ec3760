import type { Sharp as Picture } from 'sharp';
import { EXIF_TAG, type ExifFacts, GPS_TAG, readCapturedAt } from '../../exif.ts';
import { openPixels } from '../../pixels.ts';
import { jpeg } from '../jpeg/jpeg.ts';
import type { PictureFormat, WalkedFile } from '../picture-format.ts';
import { openByVips, otherFrameDamaged, readVipsHeader } from '../vips.ts';
import { firstOf, readDirectory, TIFF } from './directory.ts';
import { type TiffStructure, walkTiff } from './structure.ts';
import { declareReadable, REDECLARED } from './variant.ts';
import { redeclareTiff } from './write.ts';

/** Little-endian and big-endian, each classic and BigTIFF. */
const MAGIC = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];

export const tiff: PictureFormat<TiffStructure> = {
  matches: (start) => MAGIC.some((magic) => start.startsWith(magic)),
  loader: 'Tiff',
  walk: walkTiff,
  readHeader: (sharp, file) => readVipsHeader(sharp, redeclare(file), 'error', ['image/tiff']),
  isTooShort({ bytes, structure: { tags } }) {
    if (firstOf(tags, TIFF.compression, 1) !== 1) return false;
    const pixels = firstOf(tags, TIFF.width, 0) * firstOf(tags, TIFF.height, 0);
    const bits = firstOf(tags, TIFF.samples, 1) * firstOf(tags, TIFF.sampleBits, 1);
    return (pixels * bits) / 8 > bytes.length;
  },
  isFrameDecodedAlone: true,
  heldPixelBytes: () => 0, // the walk has bounded its strips and tiles
  heldTimes: 1,
  emptiness: ({ depth }) =>
    depth === 'float' || depth === 'double' ? { pixelsPerByte: 400, pixelBytes: 3 } : undefined,
  readOwnExif,
  async checkUndecoded(sharp, file, { frames }) {
    if (frames === 1) return;
    const { checkLaterPages } = await import('./decode.ts');
    await checkLaterPages(sharp, file).catch((cause) => {
      throw otherFrameDamaged(cause);
    });
  },
  async open(sharp, file, facts) {
    const { embedded, variant, tags } = file.structure;
    if (embedded) return jpeg.open(sharp, embedded, facts);
    if (!variant || REDECLARED.includes(variant))
      return openByVips(sharp, redeclare(file), facts, 'error');
    const { decodeTiffVariant } = await import('./decode.ts');
    const raw = await decodeTiffVariant(sharp, file.bytes, variant, tags);
    return turnUpright(openPixels(sharp, raw), facts.orientation);
  },
  kernel: 'lanczos3',
};

/** The file as libvips takes it. */
function redeclare({ bytes, structure }: WalkedFile<TiffStructure>): Uint8Array {
  const { variant, tags } = structure;
  return variant ? redeclareTiff(bytes, declareReadable(variant, tags)) : bytes;
}

/** A TIFF's own directory holds what other formats keep in an EXIF block. */
function readOwnExif({ structure: { tiff: file, tags } }: WalkedFile<TiffStructure>): ExifFacts {
  const exif = tags.get(EXIF_TAG);
  const block = exif && readDirectory(file, exif.value(0));
  const capturedAt = readCapturedAt((tag, length) => {
    const found = block?.tags.get(tag);
    return found ? file.text(found.at, length) : '';
  });
  return { exif: exif !== undefined, gps: tags.has(GPS_TAG), ...(capturedAt && { capturedAt }) };
}

/** Quarter turns clockwise by EXIF orientation; sharp mirrors before it turns. */
const TURNS: Partial<Record<number, number>> = { 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3 };
const MIRRORED = [2, 4, 5, 7];

/** Turns pixels of which sharp does not know how they lie. */
function turnUpright(picture: Picture, orientation: number): Picture {
  const turned = picture.rotate(90 * (TURNS[orientation] ?? 0));
  return MIRRORED.includes(orientation) ? turned.flop() : turned;
}
