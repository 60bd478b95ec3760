import { encodeLight, XYZ_TO_LIGHT } from './srgb.ts';

const [[rx, ry, rz], [gx, gy, gz], [bx, by, bz]] = XYZ_TO_LIGHT;

/** CIE L*a*b* of 8 bits, a and b with a sign, becomes sRGB, in place (TIFF 6.0, section 23; white D50). */
export function labToSrgb(data: Uint8Array): void {
  for (let at = 0; at + 2 < data.length; at += 3) {
    const y = ((data[at] ?? 0) / 2.55 + 16) / 116;
    const x = y + signed(data[at + 1] ?? 0) / 500;
    const z = y - signed(data[at + 2] ?? 0) / 200;
    const [X, Y, Z] = [fromLab(x) * 0.9642, fromLab(y), fromLab(z) * 0.8251];
    data[at] = encodeLight(rx * X + ry * Y + rz * Z);
    data[at + 1] = encodeLight(gx * X + gy * Y + gz * Z);
    data[at + 2] = encodeLight(bx * X + by * Y + bz * Z);
  }
}

function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256;
}

function fromLab(value: number): number {
  return value > 6 / 29 ? value ** 3 : (value - 16 / 116) / 7.787;
}

/** Full-range YCbCr of ITU-R BT.601 becomes RGB, in place (TIFF 6.0, section 21). */
export function ycbcrToRgb(data: Uint8Array): void {
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 2 < data.length; at += 3) {
    const [luma, blue, red] = [data[at] ?? 0, (data[at + 1] ?? 0) - 128, (data[at + 2] ?? 0) - 128];
    clamped[at] = luma + 1.402 * red;
    clamped[at + 1] = luma - 0.344136 * blue - 0.714136 * red;
    clamped[at + 2] = luma + 1.772 * blue;
  }
}

/** Cyan, magenta, yellow and black as light that each of them takes away: what browsers do without a profile. */
export function inksToRgb(data: Uint8Array, channels: number): Uint8Array {
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
