import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { createBmp } from './bmp.ts';
import { createGif, drawMarker } from './pictures.ts';
import { createTiff, ONE_PIXEL } from './tiff.ts';

type Mutation = (bytes: Buffer) => Buffer;

const heic = () => readFileSync(new URL('../fixtures/marker.heic', import.meta.url));

/** Small valid files, of every format and of the variants that are decoded by other code. */
export async function createSeeds(): Promise<{ quick: Buffer[]; slow: Buffer[] }> {
  const marker = (orientation = 1) =>
    drawMarker(orientation).withExif({ IFD0: { Artist: 'somebody' } });
  const frames = [drawMarker(), drawMarker().negate()].map((frame) => frame.png().toBuffer());
  const animation = sharp(await Promise.all(frames), { join: { animated: true } });
  const quick = await Promise.all([
    marker(6).jpeg().toBuffer(),
    marker().jpeg({ progressive: true }).withIccProfile('p3').toBuffer(),
    marker().toColourspace('cmyk').jpeg().toBuffer(),
    marker().png().withIccProfile('p3').toBuffer(),
    marker().png({ palette: true }).toBuffer(),
    marker().toColourspace('rgb16').png({ progressive: true }).toBuffer(),
    marker(6).webp().toBuffer(),
    marker().webp({ lossless: true }).toBuffer(),
    animation.clone().webp().toBuffer(),
    animation.clone().gif().toBuffer(),
    marker(6).tiff({ compression: 'lzw' }).toBuffer(),
    marker().tiff({ compression: 'jpeg', tile: true }).toBuffer(),
    drawMarker().ensureAlpha(0.5).tiff({ compression: 'deflate' }).toBuffer(),
  ]);
  const bmps = [{ bits: 24 }, { bits: 8, runs: true }, { bits: 16, masks: [0xf800, 0x7e0, 0x1f] }];
  const made = [
    createGif(5, 5, 3),
    createTiff([ONE_PIXEL, ONE_PIXEL]),
    ...bmps.map((kind) => createBmp({ width: 9, height: 5 }, (x, y) => [x * 20, y * 40, 0], kind)),
  ];
  return { quick: [...quick, ...made], slow: [await marker().avif().toBuffer(), heic()] };
}

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, where: number) => Math.floor(where * bytes.length);
const EXTREMES = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

const flip = fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(
  ([where, mask]): Mutation =>
    (bytes) => {
      bytes[at(bytes, where)] = (bytes[at(bytes, where)] ?? 0) ^ mask;
      return bytes;
    },
);
const cut = place.map(
  (where): Mutation =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);
const insert = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(
  ([where, more]): Mutation =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, where)), more, bytes.subarray(at(bytes, where))]),
);
const zero = fc.tuple(place, fc.integer({ min: 1, max: 400 })).map(
  ([where, length]): Mutation =>
    (bytes) =>
      bytes.fill(0, at(bytes, where), Math.min(bytes.length, at(bytes, where) + length)),
);
/** Most headers and lengths stand near the start. */
const overwrite = fc.tuple(place, fc.constantFrom(...EXTREMES), fc.constantFrom(2, 4)).map(
  ([where, value, size]): Mutation =>
    (bytes) => {
      const start = Math.floor(where ** 3 * bytes.length);
      if (start + size > bytes.length) return bytes;
      bytes.writeUIntBE(value % 2 ** (8 * size), start, size);
      return bytes;
    },
);
const swap = fc.tuple(place, place, fc.integer({ min: 4, max: 200 })).map(
  ([from, to, length]): Mutation =>
    (bytes) => {
      const piece = Buffer.from(bytes.subarray(at(bytes, from), at(bytes, from) + length));
      piece.copy(bytes, at(bytes, to));
      return bytes;
    },
);

/** Else what was done to a PNG ends at the first checksum, and nothing behind it is ever tried. */
function mendChecksums(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', 1, 4) !== 'PNG') return bytes;
  for (let start = 8; start + 8 <= bytes.length; ) {
    const end = start + 8 + bytes.readUInt32BE(start);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(start + 4, end)), end);
    start = end + 4;
  }
  return bytes;
}

/** One of the files with up to six of these done to it, one after the other. */
export function mutants(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const mutation = fc.oneof(flip, overwrite, overwrite, cut, insert, zero, swap);
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 6 });
  return fc
    .tuple(fc.constantFrom(...seeds), mutations, fc.boolean())
    .map(([seed, all, isMended]) => {
      const copy: Buffer = Buffer.from(seed);
      const mutant = all.reduce((bytes, mutate) => mutate(bytes), copy);
      return isMended ? mendChecksums(Buffer.from(mutant)) : mutant;
    });
}
