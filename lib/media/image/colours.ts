import type { Sharp as Picture } from 'sharp';
import { releaseBytes } from '../../release-bytes.ts';
import type { PictureFacts } from './formats/picture-format.ts';
import { writeTiff } from './formats/tiff/write.ts';
import { type MatrixProfile, profileSpace, readMatrixProfile } from './icc.ts';
import { type Pixels, readPixels, type Sharp } from './pixels.ts';
import { encodeLight, XYZ_TO_LIGHT } from './srgb.ts';

/**
 * The picture in sRGB, by its profile: after it was made small, for at full size that is half of all the
 * work. Of pictures that are not RGB, sharp converts each pixel as it comes. Inks without a profile nobody
 * knows; they are shown as browsers show them, and not as one press would print them.
 */
export async function convertColours(
  sharp: Sharp,
  small: Picture,
  { profile, isPlainCmyk }: PictureFacts,
): Promise<Pixels> {
  if (isPlainCmyk) {
    const inks = await readPixels(small.pipelineColourspace('cmyk').toColourspace('cmyk'));
    const data = inksToRgb(inks.data, inks.channels);
    releaseBytes(inks.data);
    return { ...inks, data, channels: 3 };
  }
  const pixels = await readPixels(small);
  return profile && profileSpace(profile) === 'RGB '
    ? convertByProfile(sharp, pixels, profile)
    : pixels;
}

/** sharp does so by itself when a file is opened that holds the profile, so such a file, of plain pixels, is made. */
async function convertByProfile(
  sharp: Sharp,
  pixels: Pixels,
  profile: Uint8Array,
): Promise<Pixels> {
  const { data, channels } = pixels;
  const matrix = channels >= 3 ? readMatrixProfile(profile) : undefined;
  if (matrix && convertByMatrix(data, channels, matrix)) return pixels;
  const tiff = writeTiff(data, pixels, profile);
  releaseBytes(pixels.data);
  return readPixels(sharp(tiff));
}

/** Steps of linear light from none to full: a level of sRGB is no less than one of them anywhere. */
const STEPS = 4_096;
/** As many steps below none as above full, of colours that sRGB does not have: ProPhoto's are by one and a tenth out. */
const MARGIN_STEPS = 6_144;
/** So many entries that an index of as many bits is always one: the engine then has nothing to check. */
const MASK = STEPS + 2 * MARGIN_STEPS - 1;
const CHANNEL_LEVELS = 256;

/** The level of sRGB by steps of light. */
const levels = new Uint8Array(MASK + 1);
/** Linear light of the profile by level, red, green and blue. At a fixed place: twice as fast as a fresh one. */
const lights = new Float64Array(3 * CHANNEL_LEVELS);

/**
 * RGB or RGBA becomes sRGB, in place, in a quarter of the time of the colour management that converts anything.
 * False, and nothing is changed, where the profile's colours lie further out than any real ones.
 */
function convertByMatrix(pixels: Uint8Array, channels: number, profile: MatrixProfile): boolean {
  const matrix = XYZ_TO_LIGHT.map(([x, y, z]) =>
    profile.lights.map((light) => STEPS * (x * light[0] + y * light[1] + z * light[2])),
  );
  if (!matrix.every(isWithinMargin)) return false;
  fillLevels();
  for (const [channel, curve] of profile.curves.entries())
    lights.set(curve, channel * CHANNEL_LEVELS);
  convertPixels(pixels, channels, matrix.flat());
  return true;
}

function isWithinMargin(shares: readonly number[]): boolean {
  const below = shares.reduce((sum, share) => sum - Math.min(0, share), 0);
  const above = shares.reduce((sum, share) => sum + Math.max(0, share), 0);
  return Math.max(below, above - STEPS) < MARGIN_STEPS - 1;
}

function fillLevels(): void {
  if (levels[MASK] !== 0) return;
  for (let step = 0; step < levels.length; step += 1)
    levels[step] = encodeLight((step + 0.5 - MARGIN_STEPS) / STEPS);
}

/** Each kind of light by the shares that red, green and blue have in it, in steps. */
function convertPixels(pixels: Uint8Array, channels: number, shares: readonly number[]): void {
  const [rr = 0, rg = 0, rb = 0, gr = 0, gg = 0, gb = 0, br = 0, bg = 0, bb = 0] = shares;
  for (let at = 0; at + 2 < pixels.length; at += channels) {
    const red = lights[pixels[at] ?? 0] ?? 0;
    const green = lights[CHANNEL_LEVELS + (pixels[at + 1] ?? 0)] ?? 0;
    const blue = lights[2 * CHANNEL_LEVELS + (pixels[at + 2] ?? 0)] ?? 0;
    pixels[at] = levels[(rr * red + rg * green + rb * blue + MARGIN_STEPS) & MASK] ?? 0;
    pixels[at + 1] = levels[(gr * red + gg * green + gb * blue + MARGIN_STEPS) & MASK] ?? 0;
    pixels[at + 2] = levels[(br * red + bg * green + bb * blue + MARGIN_STEPS) & MASK] ?? 0;
  }
}

/** Cyan, magenta, yellow and black as light that each of them takes away: what browsers do without a profile. */
function inksToRgb(data: Uint8Array, channels: number): Uint8Array {
  const pixels = Math.floor(data.length / channels);
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const at = pixel * channels;
    const light = 255 - (data[at + 3] ?? 0);
    for (let ink = 0; ink < 3; ink += 1)
      rgb[pixel * 3 + ink] = Math.round(((255 - (data[at + ink] ?? 0)) * light) / 255);
  }
  return rgb;
}
