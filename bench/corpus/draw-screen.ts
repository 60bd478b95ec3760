import sharp, { type Sharp } from 'sharp';
import { createRandom } from './random.ts';

const PANEL: Colour = [245, 246, 248];
const INK: Colour = [34, 38, 46];
const ACCENT: Colour = [36, 99, 235];
const LINE_PIXELS = 22;
const MARGIN_PIXELS = 40;
/** Of a sign, in pixels: as of small text. */
const SIGN = { width: 7, height: 12 };

type Colour = readonly [number, number, number];

/** A window full of text: flat areas and hard edges. `alpha`: the paper shines through. */
export function drawScreen(width: number, height: number, seed: number, alpha = false): Sharp {
  const random = createRandom(seed);
  const channels = alpha ? 4 : 3;
  const pixels = Buffer.alloc(width * height * channels);
  const paint = (x: number, y: number, [red, green, blue]: Colour, opacity = 255) => {
    const at = (y * width + x) * channels;
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
    if (alpha) pixels[at + 3] = opacity;
  };
  const bar = Math.round(width / 5);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) paint(x, y, x < bar ? ACCENT : PANEL, x < bar ? 255 : 0);
  }
  for (let y = MARGIN_PIXELS; y < height - LINE_PIXELS; y += LINE_PIXELS) {
    const end = bar + (width - bar) * (0.3 + 0.6 * random());
    drawLine(bar + MARGIN_PIXELS, end, (x, dy) => paint(x, y + dy, INK), random);
  }
  return sharp(pixels, { raw: { width, height, channels } });
}

type Ink = (x: number, dy: number) => void;

function drawLine(start: number, end: number, ink: Ink, random: () => number): void {
  for (let x = start; x < end; x += SIGN.width + 2) {
    if (random() > 0.15) drawSign((dx, dy) => ink(x + dx, dy), random);
  }
}

/** A letter as far as an encoder cares: some strokes one pixel wide. */
function drawSign(ink: Ink, random: () => number): void {
  const stem = Math.floor(random() * SIGN.width);
  for (let dy = 0; dy < SIGN.height; dy += 1) ink(stem, dy);
  for (let stroke = 0; stroke < 2; stroke += 1) {
    const row = Math.floor(random() * SIGN.height);
    for (let dx = 0; dx < SIGN.width; dx += 1) ink(dx, row);
  }
}
