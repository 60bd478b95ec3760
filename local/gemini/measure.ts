import sharp from 'sharp';
import { nameDominantColours, type Rgb } from './colours.ts';

/** What can be said of a picture by arithmetic alone. */
export interface Measurement {
  /** Pixels, as received. */
  width: number;
  height: number;
  /** One to three names, the widest first. */
  colours: string[];
  /** Mean luma, 0 (black) to 1 (white). */
  brightness: number;
  /** Standard deviation of luma, 0 to 0.5. */
  contrast: number;
  /** Variance of the Laplacian of luma (0–255) on the small copy: the higher, the sharper. */
  sharpness: number;
  kind: 'photo' | 'graphic';
  transparent: boolean;
}

/** Longest side of the copy that is measured, in pixels: sharpness means little on a smaller one. */
const COPY_PIXELS = 512;
/** Pixels whose colour is named; the rest would say the same. */
const COLOUR_SAMPLES = 10_000;
/** Luma steps (0–255) up to which neighbours count as flat: JPEG noise in flat areas stays below. */
const FLAT_STEP = 2;
/** Above this share of flat pixels, and with fewer colours (four bits a channel), it is a graphic. */
const GRAPHIC_FLAT_SHARE = 0.8;
const GRAPHIC_COLOURS = 300;

interface Copy {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Measures a picture that sharp can decode; throws sharp's own error where it cannot. */
export async function measurePicture(bytes: Uint8Array): Promise<Measurement> {
  const picture = sharp(bytes, { failOn: 'truncated' });
  const { width, height } = await picture.metadata();
  const { data, info } = await picture
    .toColourspace('srgb')
    .resize(COPY_PIXELS, COPY_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const copy: Copy = { data, width: info.width, height: info.height };
  const luma = lumaOf(copy);
  const { mean, variance } = moments(luma);
  return {
    width,
    height,
    colours: nameDominantColours(visibleColours(copy)),
    brightness: mean / 255,
    contrast: Math.sqrt(variance) / 255,
    sharpness: moments(laplacianOf(luma, copy)).variance,
    kind: kindOf(copy, luma),
    transparent: isTransparent(copy),
  };
}

function lumaOf({ data, width, height }: Copy): Float32Array {
  const luma = new Float32Array(width * height);
  for (let pixel = 0; pixel < luma.length; pixel += 1) {
    luma[pixel] =
      0.2126 * at(data, pixel * 4) +
      0.7152 * at(data, pixel * 4 + 1) +
      0.0722 * at(data, pixel * 4 + 2);
  }
  return luma;
}

function moments(values: Float32Array): { mean: number; variance: number } {
  if (values.length === 0) return { mean: 0, variance: 0 };
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return { mean, variance: Math.max(0, squares / values.length - mean * mean) };
}

function laplacianOf(luma: Float32Array, { width, height }: Copy): Float32Array {
  const edges = new Float32Array(Math.max(0, width - 2) * Math.max(0, height - 2));
  let next = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const here = y * width + x;
      const around =
        at(luma, here - 1) + at(luma, here + 1) + at(luma, here - width) + at(luma, here + width);
      edges[next] = around - 4 * at(luma, here);
      next += 1;
    }
  }
  return edges;
}

/**
 * Graphics are flat areas in few colours; of a photo, a night sky may be flat and a blurred one poor
 * in colours, hardly both. Bounds found on photos, charts and screenshots, as PNG and as JPEG.
 */
function kindOf(copy: Copy, luma: Float32Array): 'photo' | 'graphic' {
  const colours = new Set<number>();
  let flat = 0;
  for (let pixel = 0; pixel < luma.length; pixel += 1) {
    const [red, green, blue] = colourAt(copy.data, pixel);
    colours.add(((red >> 4) << 8) | ((green >> 4) << 4) | (blue >> 4));
    if (Math.abs(at(luma, pixel) - at(luma, pixel + 1)) <= FLAT_STEP) flat += 1;
  }
  const flatShare = flat / luma.length;
  return flatShare > GRAPHIC_FLAT_SHARE && colours.size < GRAPHIC_COLOURS ? 'graphic' : 'photo';
}

function* visibleColours({ data }: Copy): Generator<Rgb> {
  const pixels = data.length / 4;
  const step = Math.max(1, Math.floor(pixels / COLOUR_SAMPLES));
  for (let pixel = 0; pixel < pixels; pixel += step) {
    if (at(data, pixel * 4 + 3) > 127) yield colourAt(data, pixel);
  }
}

function isTransparent({ data }: Copy): boolean {
  for (let alpha = 3; alpha < data.length; alpha += 4) {
    if (at(data, alpha) < 255) return true;
  }
  return false;
}

function colourAt(data: Uint8Array, pixel: number): Rgb {
  return [at(data, pixel * 4), at(data, pixel * 4 + 1), at(data, pixel * 4 + 2)];
}

function at(values: Uint8Array | Float32Array, index: number): number {
  return values[index] ?? 0;
}
