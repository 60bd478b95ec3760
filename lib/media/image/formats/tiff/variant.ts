import { firstOf, JPEG, OLD_JPEG, SEPARATE_PLANES, type Tags, TIFF } from './directory.ts';
import type { TagChanges } from './write.ts';

const GREY = 1;
const RGB = 2;
const YCBCR = 6;
const LAB = 8;
/** Whole numbers that may be negative: programs write it over bytes that are none. */
const SIGNED = 2;
/** As many as any picture here has; a header may claim more. */
const MAX_SAMPLES = 5;
/** Tiles of all planes: 30 megapixels of them at 32 × 32 pixels, twice over. */
const MAX_PLANE_TILES = 250_000;

/** Ways to write a TIFF that libvips does not know, or gets wrong, and libtiff beneath it unpacks. */
export type TiffVariant =
  | 'lab'
  | 'ycbcr'
  | 'planes'
  | 'first-plane'
  | 'twelve-bits'
  | 'signed'
  | 'unnamed-colours';

/** Variants that libvips reads right when their tags say something else. */
export const REDECLARED: readonly TiffVariant[] = ['unnamed-colours', 'signed'];

/** Undefined for a TIFF that libvips reads as it is. */
export function nameVariant(tags: Tags): TiffVariant | undefined {
  if (!tags.has(TIFF.photometric)) return 'unnamed-colours';
  const photometric = tags.get(TIFF.photometric)?.value(0);
  const samples = firstOf(tags, TIFF.samples, 1);
  const bits = firstOf(tags, TIFF.sampleBits, 1);
  if (isSeparate(tags)) return namePlanes(tags, photometric);
  if (bits === 8 && firstOf(tags, TIFF.sampleFormat, 1) === SIGNED) return 'signed';
  if (samples === 3 && bits === 8) return nameColours(tags, photometric);
  return bits === 12 && isTwelveReadable(tags, photometric) ? 'twelve-bits' : undefined;
}

/** Beside grey, other samples than transparency may stand in planes of their own, or be left out there. */
function namePlanes(tags: Tags, photometric: number | undefined): TiffVariant | undefined {
  if (photometric === RGB) return arePlanesReadable(tags) ? 'planes' : undefined;
  const isPlain = firstOf(tags, TIFF.sampleBits, 1) === 8 && !tags.has(TIFF.tileOffsets);
  const isExtra = tags.has(TIFF.extraSamples) && firstOf(tags, TIFF.extraSamples, 0) === 0;
  return photometric === GREY && isPlain && isExtra ? 'first-plane' : undefined;
}

function nameColours(tags: Tags, photometric: number | undefined): TiffVariant | undefined {
  if (photometric === LAB) return 'lab';
  return photometric === YCBCR && isPlainYcbcr(tags) ? 'ycbcr' : undefined;
}

function isTwelveReadable(tags: Tags, photometric: number | undefined): boolean {
  const isPlain = photometric === (firstOf(tags, TIFF.samples, 1) === 1 ? GREY : RGB);
  return isPlain && !tags.has(TIFF.tileOffsets) && firstOf(tags, TIFF.predictor, 1) === 1;
}

/** Why nothing here can read the first page; undefined where something can. */
export function findUnsupported(tags: Tags): string | undefined {
  if (nameVariant(tags)) return undefined;
  // Selections that were saved with the picture: the decoder takes the last of them for its transparency.
  if ((tags.get(TIFF.extraSamples)?.count ?? 0) > 1) return 'several samples beside the colours';
  if (isSeparate(tags) && tags.has(TIFF.tileOffsets)) return 'tiles in separate planes';
  return firstOf(tags, TIFF.sampleBits, 1) === 12 ? '12 bits a sample' : undefined;
}

/** The tags with which libvips reads the header. */
export function declareReadable(variant: TiffVariant, tags: Tags): TagChanges {
  const samples = Math.min(firstOf(tags, TIFF.samples, 1), MAX_SAMPLES);
  switch (variant) {
    case 'lab':
    case 'ycbcr':
      return new Map([[TIFF.photometric, [RGB]]]);
    case 'planes':
      return new Map([[TIFF.planes, [1]]]);
    case 'first-plane':
      return declareGrey();
    case 'signed':
      return new Map([[TIFF.sampleFormat, undefined]]);
    case 'twelve-bits':
      return new Map([[TIFF.sampleBits, Array.from({ length: samples }, () => 8)]]);
    case 'unnamed-colours':
      return new Map([[TIFF.photometric, [samples < 3 ? GREY : RGB]]]);
  }
}

/** One sample of 8 bits a pixel, whatever it means. */
export function declareGrey(...more: [number, readonly number[] | undefined][]): TagChanges {
  return new Map<number, readonly number[] | undefined>([
    [TIFF.sampleBits, [8]],
    [TIFF.photometric, [GREY]],
    [TIFF.samples, [1]],
    [TIFF.planes, [1]],
    [TIFF.extraSamples, undefined],
    [TIFF.sampleFormat, undefined],
    [TIFF.profile, undefined],
    ...more,
  ]);
}

function isSeparate(tags: Tags): boolean {
  return firstOf(tags, TIFF.planes, 1) === SEPARATE_PLANES;
}

function arePlanesReadable(tags: Tags): boolean {
  const samples = firstOf(tags, TIFF.samples, 1);
  const bits = firstOf(tags, TIFF.sampleBits, 1);
  const isWhole = firstOf(tags, TIFF.sampleFormat, 1) === 1;
  const tiles = tags.get(TIFF.tileOffsets)?.count ?? 0;
  const isBounded = tiles > 0 && tiles <= MAX_PLANE_TILES && tiles % samples === 0;
  return isWhole && isBounded && (samples === 3 || samples === 4) && (bits === 8 || bits === 16);
}

function isJpeg(tags: Tags): boolean {
  return [OLD_JPEG, JPEG].includes(firstOf(tags, TIFF.compression, 1));
}

/** A colour for each pixel; where two by two share one, as without the tag, libvips knows it. */
function isPlainYcbcr(tags: Tags): boolean {
  const subsampling = tags.get(TIFF.subsampling);
  return !isJpeg(tags) && subsampling?.value(0) === 1 && subsampling.value(1) === 1;
}
