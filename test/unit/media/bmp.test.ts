import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../lib/errors.ts';
import { decodeBmp } from '../../../lib/media/image/formats/bmp/decode.ts';
import { readBmpHeader } from '../../../lib/media/image/formats/bmp/header.ts';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { createBmp } from '../../support/bmp.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import { CORNERS, type Colour, MARKER, readCorners } from '../../support/pictures.ts';

const { width, height } = MARKER;
/** The colour of the marker's pixel. */
const colourAt = (x: number, y: number): Colour =>
  CORNERS[(x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2)] ?? [0, 0, 0];

function decode(bytes: Uint8Array) {
  const header = readBmpHeader(bytes);
  if (!header) throw new ServiceError('file_malformed');
  return decodeBmp(bytes, header);
}

async function convert(bytes: Uint8Array) {
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  return { facts, ...(await convertPicture(bytes, facts)) };
}

/** Runs may skip any number of pixels. */
function claimRuns(bmp: Buffer): void {
  bmp.writeUInt16LE(8, 28);
  bmp.writeUInt32LE(1, 30);
  bmp.writeInt32LE(7_000, 18);
  bmp.writeInt32LE(5_000, 22);
}

describe('BMP', () => {
  test.each([
    ['24 bits', { bits: 24 }],
    ['24 bits, top row first', { bits: 24, topDown: true }],
    ['32 bits with a filler', { bits: 32 }],
    ['16 bits, 5 each', { bits: 16 }],
    ['16 bits by masks 5-6-5', { bits: 16, masks: [0xf800, 0x7e0, 0x1f] }],
    ['32 bits by masks, red last', { bits: 32, masks: [0xff, 0xff00, 0xff0000] }],
    ['8 bits of palette', { bits: 8 }],
    ['4 bits of palette', { bits: 4 }],
    ['OS/2, 4 bits', { bits: 4, os2: true }],
    ['OS/2, 24 bits', { bits: 24, os2: true }],
    ['RLE8', { bits: 8, runs: true }],
    ['RLE4', { bits: 4, runs: true }],
  ] as const)('given %s, then it is an upright JPEG of the same colours', async (_, kind) => {
    const { jpeg, facts } = await convert(createBmp(MARKER, colourAt, kind));
    expect(facts).toMatchObject({ ...MARKER, mediaType: 'image/bmp', hasAlpha: false });
    const corners = await readCorners(jpeg);
    corners.forEach((colour, corner) => {
      colour.forEach((value, channel) => {
        expect(Math.abs(value - (CORNERS[corner]?.[channel] ?? 0))).toBeLessThanOrEqual(12);
      });
    });
  });

  test('given odd widths, then each pixel is where it was', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(
          { bits: 1 },
          { bits: 4 },
          { bits: 8 },
          { bits: 24 },
          { bits: 8, runs: true },
          { bits: 4, runs: true },
        ),
        (columns, rows, kind) => {
          const dot = (x: number, y: number) =>
            (x * 7 + y * 3) % 5 === 0 ? ([255, 255, 255] as const) : ([0, 0, 0] as const);
          const { data } = decode(createBmp({ width: columns, height: rows }, dot, kind));
          const wanted = Array.from({ length: columns * rows }, (_, index) =>
            dot(index % columns, Math.floor(index / columns)),
          );
          expect([...data]).toEqual(wanted.flat());
        },
      ),
    );
  });

  test('given an alpha that is used, then it counts, and one that is all nothing does not', async () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000] as const;
    const used = decode(createBmp(MARKER, colourAt, { bits: 32, masks, alpha: 128 }));
    expect(used).toMatchObject({ channels: 4 });
    expect(used.data[3]).toBe(128);
    const unused = decode(createBmp(MARKER, colourAt, { bits: 32, masks, alpha: 0 }));
    expect(unused.data[3]).toBe(255);
  });

  test.each<[string, (bmp: Buffer) => unknown, string]>([
    ['rows that are not there', (bmp) => bmp.subarray(0, -200), 'file_malformed'],
    ['no width', (bmp) => bmp.writeInt32LE(0, 18), 'file_malformed'],
    ['a depth of 7 bits', (bmp) => bmp.writeUInt16LE(7, 28), 'file_malformed'],
    ['a JPEG inside', (bmp) => bmp.writeUInt32LE(4, 30), 'file_malformed'],
    ['100 megapixels that are not there', (bmp) => bmp.writeInt32LE(3e6, 22), 'file_malformed'],
    ['35 megapixels of runs', claimRuns, 'file_too_complex'],
    ['pixels past the end', (bmp) => bmp.writeUInt32LE(1e9, 10), 'file_malformed'],
  ])('given %s, then it is refused', async (_, change, code) => {
    const bmp = createBmp(MARKER, colourAt, { bits: 24 });
    const changed = change(bmp);
    await expect(convert(changed instanceof Buffer ? changed : bmp)).rejects.toMatchObject({
      code,
    });
  });

  test('given runs far past every edge, then what lies within is drawn', () => {
    const seed = createBmp({ width: 9, height: 5 }, colourAt, { bits: 8, runs: true });
    const whole = decode(seed);
    const behind = Buffer.alloc(600, Buffer.from([0xff, 0, 0, 2, 0xff, 0xff])); // runs, moves
    expect(decode(Buffer.concat([seed.subarray(0, -2), behind]))).toEqual(whole);
  });

  test('given any bytes behind a header, then there are pixels or a code of the file', () => {
    const seeds = [{ bits: 24 }, { bits: 8, runs: true }, { bits: 16 }, { bits: 4, os2: true }];
    const bmps = seeds.map((kind) => createBmp({ width: 9, height: 5 }, colourAt, kind));
    const edit = fc.tuple(fc.nat(120), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...bmps), fc.array(edit, { maxLength: 4 }), (seed, edits) => {
        const bmp = Buffer.from(seed);
        for (const [at, value] of edits) if (at < 18 || at > 25) bmp[at] = value; // its size is checked before
        try {
          const { data, channels, ...size } = decode(bmp);
          expect(data).toHaveLength(size.width * size.height * channels);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
