/**
 * What may stand behind a picture with transparent parts, best first: most drawings are made for white
 * paper; white ones need a dark ground; grey shows drawings that hold both.
 */
const BACKGROUNDS = [
  { background: '#ffffff', luma: 255 },
  { background: '#202020', luma: 32 },
  { background: '#808080', luma: 128 },
];
/** What differs by less from the ground, in luma (0–255), is hard to see. */
const MIN_CONTRAST = 64;
/** A part of what is drawn, so small that its being lost is no loss. */
const NEGLIGIBLE = 0.02;
/** Of pixels that take more bytes, one in so many tells as much as all; it divides no usual width. */
const LARGE_BYTES = 400_000;
const SAMPLE_STEP = 23;
/** Alpha (0–255) from which a pixel counts as drawn. */
const DRAWN = 64;

/** The colour on which the least of what is drawn is lost. Pixels: RGBA, or grey and alpha. */
export function chooseBackground(pixels: Uint8Array, channels: 2 | 4): string {
  const step = pixels.length > LARGE_BYTES ? SAMPLE_STEP : 1;
  const { counts, drawn } = countLumas(pixels, channels, step);
  let best = { background: '#808080', lost: Number.POSITIVE_INFINITY };
  for (const { background, luma } of BACKGROUNDS) {
    const lost = shareNear(counts, luma) / Math.max(1, drawn);
    if (lost < best.lost - NEGLIGIBLE) best = { background, lost };
  }
  return best.background;
}

function countLumas(pixels: Uint8Array, channels: 2 | 4, step: number) {
  const counts = new Uint32Array(256);
  let drawn = 0;
  for (let at = 0; at + channels <= pixels.length; at += channels * step) {
    if ((pixels[at + channels - 1] ?? 0) < DRAWN) continue;
    const luma = channels === 4 ? lumaAt(pixels, at) : (pixels[at] ?? 0);
    counts[luma] = (counts[luma] ?? 0) + 1;
    drawn += 1;
  }
  return { counts, drawn };
}

/** ITU-R BT.601, in whole numbers. */
function lumaAt(pixels: Uint8Array, at: number): number {
  const [red, green, blue] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
  return (red * 77 + green * 150 + blue * 29) >> 8;
}

function shareNear(counts: Uint32Array, luma: number): number {
  const from = Math.max(0, luma - MIN_CONTRAST + 1);
  return counts.subarray(from, luma + MIN_CONTRAST).reduce((sum, count) => sum + count, 0);
}
