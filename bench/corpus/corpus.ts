import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sharp } from 'sharp';
import { findCommand } from '../harness/commands.ts';
import { drawPhoto } from './draw-photo.ts';
import { drawScreen } from './draw-screen.ts';

/** Goes up when the same name would hold another picture. */
const CORPUS_VERSION = 2;

/** A picture of the corpus, as a file. */
export interface Picture {
  name: string;
  file: string;
  mediaType: string;
  /** The long edge, in pixels. */
  longEdge: number;
}

interface Recipe extends Omit<Picture, 'file'> {
  make(): Promise<Buffer>;
}

type Size = readonly [number, number];

/** Of phones and cameras: 0.3, 2, 12, 24 and 48 Mpx. */
const SIZES: Record<string, Size> = {
  '0.3': [640, 480],
  '2': [1_632, 1_224],
  '12': [4_032, 3_024],
  '24': [5_712, 4_284],
  '48': [8_064, 6_048],
};
const TWELVE: Size = [4_032, 3_024];
const SCREEN: Size = [1_920, 1_200];

const EXIF = {
  IFD0: { Make: 'Sightline', Model: 'Bench', Software: '1.0' },
  IFD2: { DateTimeOriginal: '2026:11:01 12:00:00', FNumber: '18/10', ISOSpeedRatings: '64' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 30/1 0/1' },
};

const RECIPES: Recipe[] = [
  ...Object.entries(SIZES).flatMap(([name, size]) => [
    jpeg(`jpeg-${name}`, size),
    jpeg(`jpeg-${name}-progressive`, size, { progressive: true }),
  ]),
  jpeg('jpeg-2-p3', [1_632, 1_224], { profile: 'p3' }),
  jpeg('jpeg-12-p3', TWELVE, { profile: 'p3' }),
  recipe('png-screenshot', 'image/png', SCREEN, async () => drawScreen(...SCREEN, 5).png()),
  recipe('png-transparent', 'image/png', SCREEN, async () => drawScreen(...SCREEN, 6, true).png()),
  photo('webp-12', 'image/webp', TWELVE, (drawn) => drawn.webp({ quality: 85, effort: 2 })),
  photo('gif-0.5', 'image/gif', [800, 600], (drawn) => drawn.gif({ effort: 1 })),
  photo('tiff-2', 'image/tiff', [1_632, 1_224], (drawn) => drawn.tiff({ compression: 'lzw' })),
  photo('avif-12', 'image/avif', TWELVE, (drawn) => drawn.avif({ quality: 60, effort: 0 })),
];

const HEIC = 'heic-12';
/** All that there can be: HEIC only where there is an encoder. */
export const PICTURE_NAMES = [...RECIPES.map(({ name }) => name), HEIC];

/** Takes minutes for the largest ones at its default effort. */
const HEIC_PRESET = ['-p', 'preset=ultrafast'];

/**
 * The pictures of these names (all, where there is none), made where they are
 * not there yet; and what could not be made.
 */
export async function openCorpus(
  names: readonly string[],
  folder = join(tmpdir(), `sightline-bench-corpus-${CORPUS_VERSION}`),
): Promise<{ pictures: Picture[]; notes: string[] }> {
  mkdirSync(folder, { recursive: true });
  const isWanted = (name: string) => names.length === 0 || names.some((one) => name === one);
  const pictures: Picture[] = [];
  for (const { make, ...picture } of RECIPES.filter(({ name }) => isWanted(name))) {
    const file = join(folder, picture.name);
    if (!existsSync(file)) store(file, await make());
    pictures.push({ ...picture, file });
  }
  if (!isWanted(HEIC)) return { pictures, notes: [] };
  const heic = await makeHeic(folder);
  return heic
    ? { pictures: [...pictures, heic], notes: [] }
    : { pictures, notes: ['HEIC is left out: no heif-enc here (Debian: libheif-examples).'] };
}

function jpeg(name: string, size: Size, { progressive = false, profile = 'srgb' } = {}): Recipe {
  return photo(name, 'image/jpeg', size, (drawn) =>
    drawn.withIccProfile(profile).withExifMerge(EXIF).jpeg({ quality: 90, progressive }),
  );
}

function photo(name: string, type: string, size: Size, encode: (drawn: Sharp) => Sharp): Recipe {
  return recipe(name, type, size, async () => encode(await drawPhoto(...size, size[0])));
}

function recipe(name: string, mediaType: string, size: Size, draw: () => Promise<Sharp>): Recipe {
  const make = async () => (await draw()).toBuffer();
  return { name, mediaType, longEdge: Math.max(...size), make };
}

/** sharp writes no HEVC. */
async function makeHeic(folder: string): Promise<Picture | undefined> {
  const file = join(folder, HEIC);
  const picture = { name: HEIC, file, mediaType: 'image/heic', longEdge: TWELVE[0] };
  if (existsSync(file)) return picture;
  const encoder = findCommand('heif-enc');
  if (!encoder) return undefined;
  const [source, made] = [`${file}.source.jpg`, `${file}.made.heic`];
  await (await drawPhoto(...TWELVE, TWELVE[0])).jpeg({ quality: 95 }).toFile(source);
  execFileSync(encoder, ['-q', '60', ...HEIC_PRESET, '-o', made, source], { stdio: 'ignore' });
  renameSync(made, file);
  rmSync(source);
  return picture;
}

/** Whole or not at all: another run may be reading. */
function store(file: string, bytes: Buffer): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, file);
}
