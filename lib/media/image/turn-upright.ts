import type { Sharp as Picture } from 'sharp';

/** Quarter turns clockwise by EXIF orientation; sharp mirrors before it turns. */
const TURNS: Partial<Record<number, number>> = { 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3 };
const MIRRORED = [2, 4, 5, 7];

/** Turns pixels of which sharp does not know how they lie. */
export function turnUpright(picture: Picture, orientation: number): Picture {
  const turned = picture.rotate(90 * (TURNS[orientation] ?? 0));
  return MIRRORED.includes(orientation) ? turned.flop() : turned;
}
