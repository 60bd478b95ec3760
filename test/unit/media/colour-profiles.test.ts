import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { convertColours } from '../../../lib/media/image/colours.ts';
import { shrink, startConversion } from '../../../lib/media/image/convert.ts';
import { writeTiff } from '../../../lib/media/image/formats/tiff/write.ts';
import { readMatrixProfile } from '../../../lib/media/image/icc.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import { D50, LIGHTS, writeProfile } from '../../support/profile.ts';

const STEPS = [0, 1, 3, 8, 20, 52, 90, 128, 171, 200, 236, 254, 255];
const EDGE = 64;

/** Every colour of some levels, in the profile's own numbers. */
function drawColours(profile: Uint8Array, channels: 3 | 4 = 3): Buffer {
  const colours = STEPS.flatMap((red) =>
    STEPS.flatMap((green) => STEPS.map((blue) => [red, green, blue, 255].slice(0, channels))),
  );
  const height = Math.ceil(colours.length / EDGE);
  const pixels = new Uint8Array(EDGE * height * channels);
  pixels.set(colours.flat());
  return writeTiff(pixels, { width: EDGE, height, channels }, profile);
}

/** How far the worst level is from what the colour management of libvips makes of the same file. */
async function findWorst(file: Buffer): Promise<number> {
  const facts = await inspectPicture(file, PICTURE_LIMITS);
  const small = await shrink(await startConversion(file, facts));
  const { data } = await convertColours(sharp, small, facts);
  const expected = await sharp(file).raw().toBuffer();
  expect(data.length).toBe(expected.length);
  return Math.max(...data.map((level, at) => Math.abs(level - (expected[at] ?? 0))));
}

const gamma = fc.double({ min: 1, max: 2.8, noNaN: true });
const curve = fc.oneof(
  fc.constant({ samples: [] }),
  gamma.map((one) => ({ gamma: one })),
  fc
    .record({ gamma, count: fc.integer({ min: 2, max: 1_024 }) })
    .map(({ gamma: power, count }) => ({
      samples: Array.from({ length: count }, (_, at) => (at / (count - 1)) ** power),
    })),
  gamma.map((power) => ({ formula: 0, parameters: [power] })),
  gamma.map((power) => ({ formula: 1, parameters: [power, 1.1, -0.1] })),
  gamma.map((power) => ({ formula: 2, parameters: [power, 1.1, -0.1, 0] })),
  gamma.map((power) => ({ formula: 3, parameters: [power, 0.9, 0.1, 0.08, 0.05] })),
  gamma.map((power) => ({ formula: 4, parameters: [power, 0.9, 0.1, 0.08, 0.05, 0, 0] })),
);

describe('colours by their profile', () => {
  test('given lights and curves as any profile may have them, then each level is that of the usual colour management, or a neighbour', async () => {
    const made = fc.record({
      curves: fc.tuple(curve, curve, curve),
      lights: fc.constantFrom(...Object.values(LIGHTS)),
      channels: fc.constantFrom(3 as const, 4 as const),
    });
    await fc.assert(
      fc.asyncProperty(made, async ({ channels, ...profile }) => {
        const written = writeProfile(profile);
        expect(readMatrixProfile(written)).toBeDefined();
        expect(await findWorst(drawColours(written, channels))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 40 },
    );
  });

  test('given tables of colours, or a black that is none, then it is left to who knows them', () => {
    const profile = {
      curves: [{ samples: [] }, { samples: [] }, { samples: [] }],
      lights: LIGHTS.p3,
    };
    expect(readMatrixProfile(writeProfile(profile))).toBeDefined();
    expect(readMatrixProfile(writeProfile({ ...profile, others: ['A2B0'] }))).toBeUndefined();
    const grey = { formula: 2, parameters: [2, 0.9, 0, 0.1] };
    const lifted = { ...profile, curves: [grey, grey, grey] };
    expect(readMatrixProfile(writeProfile(lifted))).toBeUndefined();
  });

  test('given a profile that the usual colour management takes for none, then its colours stay as they are', async () => {
    const curves = [{ gamma: 2 }, { gamma: 2 }, { gamma: 2 }];
    const whole = writeProfile({ curves, lights: LIGHTS.p3 });
    const change = (at: number, text: string) => {
      const changed = Buffer.from(whole);
      changed.write(text, at, 'latin1');
      return changed;
    };
    const odd = {
      'no mark': change(36, 'xxxx'),
      'of a later version': change(8, '\x06'),
      'from profile to profile': change(12, 'link'),
      'that ends before its tags': change(0, '\0\0\0\xa0'),
      'of fewer tags': change(128, '\0\0\0\x05'),
      'of tags beyond count': change(128, '\0\0\x01\0'),
      'of one name twice': change(132 + 6 * 12, 'rXYZ'),
      'of a tag that reaches too far': change(132 + 8, '\0\x01'),
    };
    for (const [what, profile] of Object.entries(odd))
      expect([what, await findWorst(drawColours(profile))]).toEqual([what, 0]);
  });

  test('given lights further out than any real ones, then the usual colour management has them', async () => {
    const lights = [
      [4, -2, 0],
      [-2, 3, 0],
      [-1.0358, 0, D50[2]],
    ];
    const curves = [{ gamma: 2 }, { gamma: 2 }, { gamma: 2 }];
    const profile = writeProfile({ curves, lights });
    expect(await findWorst(drawColours(profile))).toBeLessThanOrEqual(2);
  });

  test('given a profile with any bytes wrong or missing, then it is read, or it is not', () => {
    const whole = writeProfile({
      curves: [{ gamma: 2 }, { samples: [0, 1] }, { formula: 3, parameters: [2, 1, 0, 1, 0] }],
      lights: LIGHTS.p3,
    });
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(whole.length), (changes, length) => {
        const profile = Buffer.from(whole);
        for (const [at, value] of changes) profile[at] = value;
        const read = readMatrixProfile(profile.subarray(0, length));
        expect(read?.curves.flatMap((levels) => [...levels]).every(Number.isFinite)).not.toBe(
          false,
        );
      }),
      { numRuns: 300 },
    );
  });
});
