import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { createHeicGrid } from '../../support/hostile.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import { CORNERS, type Colour, drawMarker, MARKER, readCorners } from '../../support/pictures.ts';
import { HEIF_TURNS, turnHeif } from '../../support/turn-heif.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

async function convert(bytes: Uint8Array) {
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  return { facts, ...(await convertPicture(bytes, facts)) };
}

function expectColours(found: Colour[], wanted: readonly Colour[], tolerance = 12): void {
  const differences = found.flatMap((colour, corner) =>
    colour.map((value, channel) => Math.abs(value - (wanted[corner]?.[channel] ?? 0))),
  );
  expect(Math.max(...differences)).toBeLessThanOrEqual(tolerance);
}

describe('HEIC', () => {
  test('given one in Display P3, then it is an sRGB JPEG of the same colours', async () => {
    const { jpeg, facts } = await convert(fixture('marker.heic'));
    expect(facts).toMatchObject({ ...MARKER, mediaType: 'image/heic', frames: 1 });
    expectColours(await readCorners(jpeg), CORNERS);
  });

  test('given EXIF, a place and XMP, then they are named, none leaves, and the EXIF turns nothing', async () => {
    const { jpeg, facts } = await convert(fixture('marker.heic'));
    const capturedAt = '2026-05-04T03:02:01+02:00';
    expect(facts).toMatchObject({ orientation: 1, capturedAt });
    expect(facts.metadata).toEqual(['exif', 'gps', 'xmp', 'icc']);
    expect(Buffer.from(jpeg).toString('latin1')).not.toMatch(/PLANTED|Exif|xmpmeta|ICC_PROFILE/);
  });

  test('given half transparent colours, then they are mixed with the ground', async () => {
    const { jpeg, facts } = await convert(fixture('marker-alpha.heic'));
    expect(facts.hasAlpha).toBe(true);
    const mixed = CORNERS.map((corner) => corner.map((value) => (value + 255) / 2));
    expectColours(await readCorners(jpeg), mixed as unknown as Colour[]);
  });

  test('given 10 bits a channel, then the colours are the same', async () => {
    const { jpeg } = await convert(fixture('marker-10bit.heic'));
    expectColours(await readCorners(jpeg), CORNERS);
  });

  test('given two pictures, then both are counted and the primary one is sent', async () => {
    const { jpeg, facts } = await convert(fixture('marker-two.heic'));
    expect(facts).toMatchObject({ frames: 2, page: 1 });
    expectColours(await readCorners(jpeg), CORNERS);
  });

  test('given the second picture for the primary one, then that is sent', async () => {
    const two = fixture('marker-two.heic');
    const primary = two.indexOf('pitm') + 8;
    two.writeUInt16BE(two.readUInt16BE(primary) + 2, primary); // each has an item for its tile, too
    const { jpeg, facts } = await convert(two);
    expect(facts).toMatchObject({ frames: 2, page: 2 });
    const negative = CORNERS.map((colour) => colour.map((value) => 255 - value));
    expectColours(await readCorners(jpeg), negative as unknown as Colour[]);
  });

  test.each([0.2, 0.5, 0.8, 0.95])(
    'given the first %d of it, then it is malformed',
    async (part) => {
      const whole = fixture('marker-10bit.heic');
      const cut = convert(whole.subarray(0, whole.length * part));
      await expect(cut).rejects.toMatchObject({ code: 'file_malformed' });
    },
  );

  test('given its coded picture overwritten, then it is malformed, not a grey plane', async () => {
    const broken = fixture('marker-10bit.heic');
    broken.fill(0, broken.indexOf('mdat') + 8);
    await expect(convert(broken)).rejects.toMatchObject({ code: 'file_malformed' });
  });

  test('given a grid of one tile, then it is decoded, and of the same one four times, it is malformed', async () => {
    const { width, height } = await convert(createHeicGrid(64, 1));
    expect({ width, height }).toEqual({ width: 64, height: 64 });
    await expect(convert(createHeicGrid(128, 2))).rejects.toMatchObject({ code: 'file_malformed' });
  });

  test('given a grid that claims to be larger than its header says, then it is malformed', async () => {
    const lying = convert(createHeicGrid(60_000, 1, 64));
    await expect(lying).rejects.toMatchObject({ code: 'file_malformed' });
  });

  test('given more pixels than allowed, then it is too complex, and nothing was decoded', async () => {
    const large = fixture('marker-10bit.heic');
    for (let at = large.indexOf('ispe'); at >= 0; at = large.indexOf('ispe', at + 4)) {
      large.writeUInt32BE(10_000, at + 8);
      large.writeUInt32BE(10_000, at + 12);
    }
    const refused = inspectPicture(large, PICTURE_LIMITS);
    await expect(refused).rejects.toMatchObject({ code: 'file_too_complex' });
  });
});

describe.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'the turn of EXIF orientation %i as HEIF says it',
  (orientation) => {
    test.each(['heic', 'avif'] as const)('given a %s, then it is upright', async (format) => {
      const flat =
        format === 'heic' ? fixture('marker-10bit.heic') : await drawMarker().avif().toBuffer();
      const turn = HEIF_TURNS[orientation] ?? {};
      const { jpeg, facts, width, height } = await convert(turnHeif(flat, turn));
      const marked = await drawMarker().withMetadata({ orientation }).png().toBuffer();
      const upright = await sharp(marked).autoOrient().toBuffer({ resolveWithObject: true });
      const size = { width: upright.info.width, height: upright.info.height };
      expect({ width, height }).toEqual(size);
      expect(facts).toMatchObject(size);
      expectColours(await readCorners(jpeg), await readCorners(upright.data), 24);
    });
  },
);
