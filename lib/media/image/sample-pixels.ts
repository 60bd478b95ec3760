import type { Pixels } from './pixels.ts';

/** Of the pixels that become one, so many by so many are looked at: enough for a glance. */
const TAPS = 3;

/** The picture at a long edge of at most so many pixels, in a fraction of the time of a proper shrink. */
export function samplePixels(pixels: Pixels, edge: number): Pixels {
  const factor = edge / Math.max(pixels.width, pixels.height);
  if (factor >= 1) return pixels;
  const width = Math.max(1, Math.round(pixels.width * factor));
  const height = Math.max(1, Math.round(pixels.height * factor));
  const data = new Uint8Array(width * height * pixels.channels);
  const columns = listPlaces(pixels.width, width, pixels.channels);
  const rows = listPlaces(pixels.height, height, pixels.width * pixels.channels);
  for (let y = 0; y < height; y += 1) {
    const target = data.subarray(y * width * pixels.channels);
    sampleRow(pixels, rows.subarray(y * TAPS), columns, target);
  }
  return { ...pixels, data, width, height };
}

/** Where the taps of each of `count` stand, among `length`, in bytes. */
function listPlaces(length: number, count: number, step: number): Int32Array {
  const between = length / (count * TAPS);
  return Int32Array.from(
    { length: count * TAPS },
    (_, tap) => Math.floor((tap + 0.5) * between) * step,
  );
}

function sampleRow(
  { data, channels }: Pixels,
  rows: Int32Array,
  columns: Int32Array,
  target: Uint8Array,
): void {
  const [top = 0, middle = 0, bottom = 0] = rows;
  for (let tap = 0, at = 0; tap < columns.length; tap += TAPS) {
    const left = columns[tap] ?? 0;
    const centre = columns[tap + 1] ?? 0;
    const right = columns[tap + 2] ?? 0;
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      const t = top + channel;
      const m = middle + channel;
      const b = bottom + channel;
      const upper = (data[t + left] ?? 0) + (data[t + centre] ?? 0) + (data[t + right] ?? 0);
      const inner = (data[m + left] ?? 0) + (data[m + centre] ?? 0) + (data[m + right] ?? 0);
      const lower = (data[b + left] ?? 0) + (data[b + centre] ?? 0) + (data[b + right] ?? 0);
      target[at] = (upper + inner + lower) / TAPS ** 2 + 0.5;
    }
  }
}
