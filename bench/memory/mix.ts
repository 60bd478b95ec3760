import type { Picture } from '../corpus/corpus.ts';
import { createRandom } from '../corpus/random.ts';

/**
 * Of a hundred pictures, how many are which: phones' photos and what messengers make of them, screenshots,
 * some of cameras. The largest come once in a hundred, and so well within the first two hundred.
 */
const PLAIN: Record<string, number> = {
  'jpeg-0.3': 12,
  'jpeg-0.3-progressive': 4,
  'jpeg-2': 16,
  'jpeg-2-progressive': 4,
  'jpeg-2-p3': 4,
  'jpeg-12': 22,
  'jpeg-12-progressive': 3,
  'jpeg-12-p3': 5,
  'jpeg-24': 4,
  'jpeg-24-progressive': 1,
  'jpeg-48': 2,
  'jpeg-48-progressive': 1,
  'png-screenshot': 8,
  'png-transparent': 4,
  'webp-12': 4,
  'gif-0.5': 3,
  'tiff-2': 3,
};
/** With these in the place of phones' JPEGs. */
const DEAR: Record<string, number> = { 'jpeg-12': 14, 'avif-12': 3, 'heic-12': 5 };

/** The names of all that a mix with or without AVIF and HEIC is made of. */
export function listMixed(dear: boolean): string[] {
  return Object.keys(countsOf(dear));
}

/** So many pictures of the mix, in the same order each time; what is not among `pictures` is left out. */
export function mix(pictures: readonly Picture[], count: number, dear: boolean): Picture[] {
  const random = createRandom(1);
  const mixed: Picture[] = [];
  while (mixed.length < count && pictures.length > 0) {
    const hundred = pictures.flatMap((picture) =>
      Array.from({ length: countsOf(dear)[picture.name] ?? 0 }, () => ({ picture, at: random() })),
    );
    mixed.push(...hundred.sort((one, other) => one.at - other.at).map(({ picture }) => picture));
  }
  return mixed.slice(0, count);
}

function countsOf(dear: boolean): Record<string, number> {
  return dear ? { ...PLAIN, ...DEAR } : PLAIN;
}
