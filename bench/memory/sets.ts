import type { Picture } from '../corpus/corpus.ts';
import { createRandom } from '../corpus/random.ts';

/** Pictures that one worker is given. */
interface PictureSet {
  name: string;
  /** In all. */
  pictures: number;
  /** In which the same ones are mixed anew, of each so many. */
  counts: Record<string, number>;
}

/**
 * Of a hundred: phones' photos and what messengers make of them, screenshots, some of cameras. The rarest
 * come once, and so well within the first two hundred.
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
  'jpeg-48': 3,
  'png-screenshot': 8,
  'png-transparent': 4,
  'webp-12': 4,
  'gif-0.5': 3,
  'tiff-2': 3,
};
/** In the place of some of phones' JPEGs. */
const DEAR = { 'jpeg-12': 14, 'avif-12': 3, 'heic-12': 5 };
/** No camera writes these: of all that is taken, what needs the most memory. */
const LARGEST = { 'jpeg-2': 4, 'jpeg-12': 4, 'jpeg-48-progressive': 2 };

export const SETS: PictureSet[] = [
  { name: 'JPEG, PNG, WebP, GIF, TIFF', pictures: 500, counts: PLAIN },
  { name: '… with AVIF, HEIC', pictures: 500, counts: { ...PLAIN, ...DEAR } },
  { name: '… progressive 48 Mpx', pictures: 20, counts: LARGEST },
];

/** All of the set in a mixed order, the same each time; what is not among `pictures` is left out. */
export function mix({ pictures: all, counts }: PictureSet, pictures: readonly Picture[]) {
  const random = createRandom(1);
  const mixed: Picture[] = [];
  while (mixed.length < all && pictures.length > 0) {
    const some = pictures.flatMap((picture) =>
      Array.from({ length: counts[picture.name] ?? 0 }, () => ({ picture, at: random() })),
    );
    mixed.push(...some.sort((one, other) => one.at - other.at).map(({ picture }) => picture));
  }
  return mixed.slice(0, all);
}
