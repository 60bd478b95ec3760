import sharp, { type Sharp } from 'sharp';
import { createRandom } from './random.ts';

/** Of the scene before it is enlarged: edges in a photo are a few pixels wide. */
const SCENE_EDGE_PIXELS = 1_008;
const SHAPES = 60;
/** Of a sensor in good light, in steps of 0–255. */
const NOISE_STEPS = 9;

/** A photo-like picture without alpha: shapes, shades and textures, and a sensor's noise on each pixel. */
export async function drawPhoto(width: number, height: number, seed: number): Promise<Sharp> {
  const scale = Math.min(1, SCENE_EDGE_PIXELS / Math.max(width, height));
  const [sceneWidth, sceneHeight] = [Math.round(width * scale), Math.round(height * scale)];
  const scene = drawScene(sceneWidth, sceneHeight, seed);
  const pixels = await sharp(scene, {
    raw: { width: sceneWidth, height: sceneHeight, channels: 3 },
  })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  addNoise(pixels, seed);
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

interface Shape {
  x: number;
  y: number;
  radius: number;
  colour: [number, number, number];
  waves: number;
}

function drawScene(width: number, height: number, seed: number): Buffer {
  const shapes = placeShapes(width, height, seed);
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      // The last one lies on top.
      const shape = shapes.findLast((one) => Math.hypot(x - one.x, y - one.y) < one.radius);
      const shade = 0.7 + (0.3 * y) / height;
      const texture = shape ? 18 * Math.sin(x * shape.waves) * Math.sin(y * shape.waves) : 0;
      const [red, green, blue] = shape?.colour ?? [120, 160, 210];
      const at = (y * width + x) * 3;
      pixels[at] = clamp(red * shade + texture);
      pixels[at + 1] = clamp(green * shade + texture);
      pixels[at + 2] = clamp(blue * shade + texture);
    }
  }
  return pixels;
}

function placeShapes(width: number, height: number, seed: number): Shape[] {
  const random = createRandom(seed);
  return Array.from({ length: SHAPES }, () => ({
    x: random() * width,
    y: random() * height,
    radius: (0.02 + 0.16 * random()) * width,
    colour: [random() * 255, random() * 255, random() * 255],
    waves: 0.2 + random(),
  }));
}

/** Two bytes of a random number make one step of noise: the sum of two is near enough to a bell. */
function addNoise(pixels: Buffer, seed: number): void {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let at = 0; at < pixels.length; at += 1) {
    // xorshift32; a function call a sample would take a minute for the largest picture
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const bell = ((state & 255) + ((state >>> 8) & 255) - 255) / 104; // of deviation 1
    pixels[at] = clamp((pixels[at] ?? 0) + bell * NOISE_STEPS);
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
