import * as z from 'zod/mini';

/** Gemini's boxes are integers on this scale, whatever the picture's size. */
const BOX_SCALE = 1_000;

/** A box as the model gives it: y before x. */
export const modelBox = z
  .array(z.int())
  .check(z.length(4), z.describe('[ymin, xmin, ymax, xmax], four integers from 0 to 1000'));

/** Fractions 0–1 of the upright picture, origin top left. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The box in fractions, clamped to the picture; undefined where nothing of it is left. */
export function toBox(box: readonly number[]): Box | undefined {
  const [ymin = 0, xmin = 0, ymax = 0, xmax = 0] = box.map(clamp);
  if (xmax <= xmin || ymax <= ymin) return undefined;
  return {
    x: xmin / BOX_SCALE,
    y: ymin / BOX_SCALE,
    width: (xmax - xmin) / BOX_SCALE,
    height: (ymax - ymin) / BOX_SCALE,
  };
}

function clamp(value: number): number {
  return Math.min(BOX_SCALE, Math.max(0, value));
}
