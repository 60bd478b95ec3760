import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { chooseOutputEdge } from '../../../lib/media/image/convert.ts';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import {
  CORNERS,
  type Colour,
  createBlackPng,
  createGif,
  drawMarker,
  insertSegment,
  MARKER,
  readCorners,
} from '../../support/pictures.ts';
import { createPair } from '../../support/sequence.ts';

async function convert(bytes: Uint8Array) {
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  return { facts, ...(await convertPicture(bytes, facts)) };
}

/** Stripes of 8 pixels, an empty one first; answers the colours that they have become. */
async function convertDrawing(inks: readonly Colour[]) {
  const stripes = [[0, 0, 0, 0], ...inks.map((ink) => [...ink, 255])];
  const row = stripes.flatMap((stripe) => Array.from({ length: 8 }, () => stripe).flat());
  const width = stripes.length * 8;
  const pixels = Uint8Array.from(Array.from({ length: 32 }, () => row).flat());
  const drawing = sharp(pixels, { raw: { width, height: 32, channels: 4 } });
  const { jpeg } = await convert(await drawing.png().toBuffer());
  const { data } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return stripes.map((_, index) => data.subarray((16 * width + index * 8 + 4) * 3).subarray(0, 3));
}

function contrast(one: Uint8Array | undefined, other: Uint8Array | undefined): number {
  const luma = ([red = 0, green = 0, blue = 0]: Iterable<number> = []) =>
    0.299 * red + 0.587 * green + 0.114 * blue;
  return Math.abs(luma(one) - luma(other));
}

/** Markers of a baseline JPEG of one scan, and where its last one ends. */
function listMarkers(jpeg: Uint8Array): { markers: number[]; end: number } {
  const view = Buffer.from(jpeg);
  const markers: number[] = [];
  for (let at = 2; at < view.length; at += 2 + view.readUInt16BE(at + 2)) {
    markers.push(view[at + 1] ?? 0);
    if (markers.at(-1) === 0xda) break;
  }
  const end = view.indexOf(Buffer.from([0xff, 0xd9])) + 2;
  return { markers: [...markers, ...view.subarray(end - 1, end)], end };
}

async function expectMarker(picture: Uint8Array, tolerance = 12): Promise<void> {
  const corners = await readCorners(picture);
  corners.forEach((colour, corner) => {
    colour.forEach((value, channel) => {
      expect(Math.abs(value - (CORNERS[corner]?.[channel] ?? 0))).toBeLessThanOrEqual(tolerance);
    });
  });
}

describe('what the model gets', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'given a JPEG of orientation %i, then it is upright, in the frame of the facts',
    async (orientation) => {
      const { jpeg, width, height, facts } = await convert(
        await drawMarker(orientation).jpeg({ quality: 95 }).toBuffer(),
      );
      expect({ width, height }).toEqual(MARKER);
      expect(facts).toMatchObject(MARKER);
      await expectMarker(jpeg);
    },
  );

  test.each(['png', 'webp', 'tiff'] as const)(
    'given a %s of any orientation, then it is upright too',
    async (format) => {
      for (let orientation = 2; orientation <= 8; orientation += 1) {
        const turned = await drawMarker(orientation).toFormat(format).toBuffer();
        const { jpeg, facts } = await convert(turned);
        expect(facts).toMatchObject({ ...MARKER, orientation });
        await expectMarker(jpeg, 24);
      }
    },
  );

  test.each<[string, (marker: Sharp) => Sharp]>([
    ['PNG of 16 bits', (marker) => marker.toColourspace('rgb16').png()],
    ['P3 photo', (marker) => marker.withIccProfile('p3').jpeg({ quality: 95 })],
    ['P3 PNG of 16 bits', (m) => m.toColourspace('rgb16').withIccProfile('p3').png()],
    ['P3 AVIF', (marker) => marker.withIccProfile('p3').avif({ quality: 90 })],
    ['opaque P3 PNG with alpha', (m) => m.ensureAlpha(1).withIccProfile('p3').png()],
    ['Lab TIFF', (marker) => marker.toColourspace('lab').tiff({ compression: 'lzw' })],
    ['TIFF of floats', (marker) => marker.toColourspace('scrgb').tiff({ compression: 'none' })],
    ['palette PNG', (marker) => marker.png({ palette: true })],
    ['progressive JPEG', (marker) => marker.jpeg({ progressive: true, quality: 95 })],
    ['interlaced PNG', (marker) => marker.png({ progressive: true })],
    ['lossless WebP', (marker) => marker.webp({ lossless: true })],
    ['LZW TIFF', (marker) => marker.tiff({ compression: 'lzw' })],
  ])('given a %s, then it is an sRGB JPEG of the same colours', async (_, encode) => {
    const { jpeg } = await convert(await encode(drawMarker()).toBuffer());
    expect(await sharp(jpeg).metadata()).toMatchObject({
      format: 'jpeg',
      space: 'srgb',
      channels: 3,
    });
    await expectMarker(jpeg, 16);
  });

  test.each<[string, (marker: Sharp) => Sharp]>([
    ['grey JPEG', (marker) => marker.toColourspace('b-w').jpeg({ quality: 95 })],
    ['grey PNG', (marker) => marker.toColourspace('b-w').png()],
    ['grey PNG of 16 bits', (marker) => marker.toColourspace('grey16').png()],
    ['grey PNG with alpha', (marker) => marker.ensureAlpha(1).toColourspace('b-w').png()],
  ])('given a %s, then its greys are the same', async (_, encode) => {
    const greys = await readCorners(await drawMarker().greyscale().png().toBuffer());
    const { jpeg } = await convert(await encode(drawMarker().greyscale()).toBuffer());
    (await readCorners(jpeg)).forEach(([grey], corner) => {
      expect(Math.abs(grey - (greys[corner]?.[0] ?? 0))).toBeLessThanOrEqual(4);
    });
  });

  test('given a CMYK picture with its profile, then the colours are those that the profile says', async () => {
    const inks = await drawMarker().withIccProfile('cmyk').tiff({ compression: 'lzw' }).toBuffer();
    const shown = await readCorners(await sharp(inks).png().toBuffer());
    const { jpeg } = await convert(inks);
    (await readCorners(jpeg)).forEach((colour, corner) => {
      colour.forEach((value, channel) => {
        expect(Math.abs(value - (shown[corner]?.[channel] ?? 0))).toBeLessThanOrEqual(8);
      });
    });
  });

  test('given inks without a profile, then each takes its light away, as browsers show them', async () => {
    const inks = await drawMarker().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    const raw = sharp(inks).pipelineColourspace('cmyk').toColourspace('cmyk').raw();
    const pixels = await raw.toBuffer();
    const { jpeg } = await convert(inks);
    (await readCorners(jpeg)).forEach((colour, corner) => {
      const [x, y] = [corner % 2 ? 48 : 16, corner < 2 ? 12 : 36];
      const [cyan = 0, magenta = 0, yellow = 0, black = 0] = pixels.subarray((y * 64 + x) * 4);
      const shown = [cyan, magenta, yellow].map((ink) => ((255 - ink) * (255 - black)) / 255);
      colour.forEach((value, channel) => {
        expect(Math.abs(value - (shown[channel] ?? 0))).toBeLessThanOrEqual(8);
      });
    });
  });

  test('given an AVIF that names Display P3 by a number, then its colours are those', async () => {
    const avif = await drawMarker().withIccProfile('p3').avif({ quality: 90 }).toBuffer();
    const at = avif.indexOf('rICC');
    avif.write('nclx\0\x0c\0\x0d\0\x06\x80', at, 'latin1'); // over the profile itself
    expect((await sharp(avif).metadata()).icc).toBeUndefined();
    await expectMarker((await convert(avif)).jpeg, 16);
  });

  test('given an AVIF whose second picture is its primary one, then that is sent', async () => {
    const still = (picture: Sharp) => picture.avif({ quality: 90 }).toBuffer();
    const [other, marker] = [await still(drawMarker().negate()), await still(drawMarker())];
    const { facts, jpeg } = await convert(createPair([other, marker]));
    expect(facts).toMatchObject({ frames: 2, page: 2, ...MARKER });
    await expectMarker(jpeg, 16);
  });

  test('given one bit a pixel, then black is black and white is white', async () => {
    const fax = { bitdepth: 1, compression: 'ccittfax4' } as const;
    const bits = drawMarker().threshold(100).toColourspace('b-w').tiff(fax);
    const { jpeg } = await convert(await bits.toBuffer());
    const corners = await readCorners(jpeg);
    expect(corners.map(([red]) => (red > 250 ? 1 : red < 5 ? 0 : red))).toEqual([1, 1, 0, 1]);
  });

  test.each<[string, ...Colour[]]>([
    ['black', [0, 0, 0]],
    ['white', [255, 255, 255]],
    ['dark and light', [0, 0, 0], [255, 255, 255]],
    ['mid-grey', [128, 128, 128]],
    ['blue and yellow', [20, 20, 160], [250, 240, 60]],
  ])(
    'given a drawing in %s on nothing, then all of it stands out from the ground',
    async (_, ...inks) => {
      const [ground, ...drawn] = await convertDrawing(inks);
      for (const colour of drawn) expect(contrast(colour, ground)).toBeGreaterThan(60);
    },
  );

  test('given nothing but transparent pixels, then there is a picture all the same', async () => {
    expect(await convertDrawing([])).toHaveLength(1);
  });

  test.each(['gif', 'webp'] as const)(
    'given an animated %s, then its first frame is sent',
    async (format) => {
      const frames = await Promise.all([
        drawMarker().png().toBuffer(),
        drawMarker().negate().png().toBuffer(),
      ]);
      const animation = await sharp(frames, { join: { animated: true } })
        .toFormat(format)
        .toBuffer();
      const { jpeg, facts, width, height } = await convert(animation);
      expect(facts).toMatchObject({ frames: 2, ...MARKER });
      expect({ width, height }).toEqual(MARKER);
      await expectMarker(jpeg, 24);
    },
  );

  test('given EXIF, a place, XMP, IPTC, a profile and a comment, then nothing of them leaves', async () => {
    const rich = await drawMarker(6)
      .withExif({ IFD0: { Artist: 'PLANTED' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">PLANTED</x:xmpmeta>')
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    const commented = insertSegment(insertSegment(rich, 0xfe, 'PLANTED'), 0xed, 'PLANTED');
    const { jpeg } = await convert(Buffer.concat([commented, Buffer.from('PLANTED')]));
    const bytes = Buffer.from(jpeg).toString('latin1');
    expect(bytes).not.toMatch(/PLANTED|Exif|xmpmeta|ICC_PROFILE|Photoshop/);
    const { exif, xmp, iptc, icc, orientation } = await sharp(jpeg).metadata();
    expect([exif, xmp, iptc, icc, orientation]).toEqual(Array(5).fill(undefined));
  });

  test('given any of them, then the JPEG holds its tables and its picture, and ends where it ends', async () => {
    const rich = drawMarker(6)
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
      .withIccProfile('p3');
    for (const bytes of [await rich.jpeg().toBuffer(), createGif(9, 9, 2)]) {
      const { jpeg } = await convert(Buffer.concat([bytes, Buffer.alloc(999, 'behind the end')]));
      const { markers, end } = listMarkers(jpeg);
      expect(end).toBe(jpeg.length);
      const jfif = [0xe0];
      const needed = [0xdb, 0xc0, 0xc4, 0xda, 0xd9]; // quantisation, frame, Huffman, scan, end
      expect(markers.filter((marker) => ![...jfif, ...needed].includes(marker))).toEqual([]);
      expect(markers).toEqual(expect.arrayContaining(needed));
    }
  });

  test('given a large picture, then it is made small, and a small one stays as it is', async () => {
    const large = await convert(createBlackPng(4_000, 1_000));
    expect([large.width, large.height]).toEqual([1_333, 333]);
    const small = await convert(createBlackPng(10, 7));
    expect([small.width, small.height]).toEqual([10, 7]);
  });

  test('given a line of one pixel, then one pixel of it is left', async () => {
    const line = await convert(createBlackPng(20_000, 1));
    expect([line.width, line.height]).toEqual([1_344, 1]);
  });
});

describe('chooseOutputEdge', () => {
  test.each([
    [4_032, 1_344], // a third, as it is
    [4_000, 1_333], // a third is near
    [6_000, 1_200], // a fifth is near
    [3_000, 1_344],
    [8_000, 1_344],
    [1_344, 1_344],
    [800, 800],
  ])('given %i pixels, then it is %i', (longEdge, edge) => {
    expect(chooseOutputEdge(longEdge)).toBe(edge);
  });
});

test('given a decode larger than what was inspected, then it is refused', async () => {
  const bytes = await drawMarker().jpeg().toBuffer();
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  const smaller = { ...facts, width: facts.width - 1 };
  const refused = convertPicture(bytes, smaller);
  await expect(refused).rejects.toMatchObject({ code: 'file_malformed' });
});
