import { describe, expect, test } from 'vitest';
import { contentOf, walkMarkers } from '../../../lib/media/image/formats/jpeg/markers.ts';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import { CORNERS, type Colour, drawMarker, MARKER, readCorners } from '../../support/pictures.ts';
import { createTiff, type TiffEntry, withTags } from '../../support/tiff.ts';

const SHORT = 3;
const LONG = 4;

type Tag = [tag: number, ...values: number[]];

/** A TIFF of those bytes in one strip, or one tile a plane; lists of values stand behind them. */
function writePage(
  blocks: Uint8Array[],
  tags: Tag[],
  size = MARKER,
  isTiled = blocks.length > 1,
): Buffer {
  const all: Tag[] = [
    [256, size.width],
    [257, size.height],
    [278, size.height],
    [isTiled ? 324 : 273, ...blocks.map(() => 0)],
    [isTiled ? 325 : 279, ...blocks.map(({ length }) => length)],
    ...tags,
  ];
  const place = (start: number, lists: TiffEntry[]) => withTags(...lists).length * 12 + 14 + start;
  const entries = (at: number): { entries: TiffEntry[]; tail: Buffer } => {
    let free = at;
    const tail: Buffer[] = blocks.map((block) => Buffer.from(block));
    const places = blocks.map(({ length }) => {
      free += length;
      return free - length;
    });
    const made = all.map(([tag, ...given]): TiffEntry => {
      const values = tag === 273 || tag === 324 ? places : given;
      if (values.length === 1) return [tag, LONG, 1, values[0] ?? 0];
      const list = Buffer.alloc(values.length * 4);
      for (const [index, value] of values.entries()) list.writeUInt32LE(value, index * 4);
      tail.push(list);
      free += list.length;
      return [tag, LONG, values.length, free - list.length];
    });
    return { entries: made, tail: Buffer.concat(tail) };
  };
  const { entries: made, tail } = entries(place(0, entries(0).entries));
  return createTiff([withTags(...made)], { tail });
}

const RGB: Tag[] = [
  [258, 8, 8, 8],
  [262, 2],
  [277, 3],
];

/** Grey, and a sample that is not said to be anything. */
const GREY_PLANES: Tag[] = [
  [258, 8, 8],
  [262, 1],
  [277, 2],
  [284, 2],
  [338, 0],
];

/** The tables and the coded data of a JPEG, as old-style compression points to them. */
function writePieces(jpeg: Buffer): Buffer {
  const data = new Map<string, Buffer>();
  for (const segment of walkMarkers(jpeg).segments) {
    const { marker, end } = segment;
    const tables = contentOf(jpeg, segment);
    if (marker === 0xdb || marker === 0xc4)
      data.set(`${marker}-${tables[0]}`, Buffer.from(tables.subarray(1)));
    if (marker === 0xda) data.set('scan', jpeg.subarray(end, -2));
  }
  const piece = (name: string) => data.get(name) ?? Buffer.alloc(0);
  const scan = piece('scan');
  const pieces = [scan, ...['219-0', '219-1', '196-0', '196-1', '196-16', '196-17'].map(piece)];
  let at = 8 + 2 + 12 * 12 + 4; // behind a directory of twelve tags
  const [, q0 = 0, q1 = 0, dc0 = 0, dc1 = 0, ac0 = 0, ac1 = 0] = pieces.map(({ length }) => {
    at += length;
    return at - length;
  });
  return writePage(
    [Buffer.concat(pieces)],
    [
      ...YCBCR,
      [259, 6],
      [279, scan.length],
      [519, q0, q1, q1],
      [520, dc0, dc1, dc1],
      [521, ac0, ac1, ac1],
    ],
  );
}

async function convert(bytes: Uint8Array) {
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  return { facts, ...(await convertPicture(bytes, facts)) };
}

async function expectMarker(picture: Uint8Array): Promise<void> {
  const found = await readCorners(picture);
  const differences = found.flatMap((colour, corner) =>
    colour.map((value, channel) => Math.abs(value - (CORNERS[corner]?.[channel] ?? 0))),
  );
  expect(Math.max(...differences)).toBeLessThanOrEqual(12);
}

const readPixels = async (orientation = 1) =>
  new Uint8Array(await drawMarker(orientation).raw().toBuffer());

function mapPixels(pixels: Uint8Array, map: (colour: Colour) => readonly number[]): Uint8Array {
  const mapped = Array.from({ length: pixels.length / 3 }, (_, index) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(index * 3);
    return map([red, green, blue]);
  });
  return Uint8Array.from(mapped.flat());
}

function toYcbcr([red, green, blue]: Colour): number[] {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [luma, 128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402];
}

const YCBCR: Tag[] = [...RGB, [262, 6]];
const PLAIN: Tag = [530, 0x00010001];

/** A pair of SHORTs stands in the entry itself. */
function writeYcbcr(pixels: Uint8Array, size = MARKER, ...more: Tag[]): Buffer {
  const tiff = writePage([mapPixels(pixels, toYcbcr)], [...YCBCR, PLAIN, ...more], size);
  const at = tiff.indexOf(Buffer.from([0x12, 0x02, LONG, 0, 1, 0, 0, 0]));
  tiff.set([SHORT, 0, 2], at + 2);
  return tiff;
}

describe('TIFFs that libvips does not read', () => {
  test('given YCbCr that is not packed, then its colours are right', async () => {
    const { jpeg, facts } = await convert(writeYcbcr(await readPixels()));
    expect(facts).toMatchObject({ ...MARKER, mediaType: 'image/tiff' });
    await expectMarker(jpeg);
  });

  test.each([2, 3, 4, 5, 6, 7, 8])(
    'given orientation %i of it, then it is upright',
    async (way) => {
      const turned = way >= 5 ? { width: MARKER.height, height: MARKER.width } : MARKER;
      const { jpeg, width, height } = await convert(
        writeYcbcr(await readPixels(way), turned, [274, way]),
      );
      expect({ width, height }).toEqual(MARKER);
      await expectMarker(jpeg);
    },
  );

  test.each<[string, number[], Colour]>([
    ['white', [255, 0, 0], [255, 255, 255]],
    ['grey', [137, 0, 0], [128, 128, 128]],
    ['red', [138, 80, 70], [250, 3, 7]],
    ['blue', [75, 68, 144], [0, 0, 255]],
  ])('given 8-bit L*a*b* of %s, then it is that in sRGB', async (_, lab, colour) => {
    const pixels = Uint8Array.from(Array.from({ length: 16 * 16 }, () => lab).flat());
    const size = { width: 16, height: 16 };
    const { jpeg } = await convert(writePage([pixels], [...RGB, [262, 8]], size));
    const [found = [0, 0, 0]] = await readCorners(jpeg);
    found.forEach((value, channel) => {
      expect(Math.abs(value - (colour[channel] ?? 0))).toBeLessThanOrEqual(12);
    });
  });

  test.each([8, 16])(
    'given tiles in a plane for each colour, of %i bits, then they are joined',
    async (bits) => {
      const pixels = await readPixels();
      const bytes = bits / 8;
      const planes = [0, 1, 2].map((channel) =>
        Uint8Array.from(
          { length: 64 * 48 * bytes },
          (_, at) => pixels[Math.floor(at / bytes) * 3 + channel] ?? 0,
        ),
      );
      const tiles: Tag[] = [
        [284, 2],
        [322, 64],
        [323, 48],
        [258, bits, bits, bits],
      ];
      const { jpeg } = await convert(writePage(planes, [...RGB, ...tiles]));
      await expectMarker(jpeg);
    },
  );

  test('given 12 bits a sample, then the upper eight are shown', async () => {
    const pixels = await readPixels();
    const nibbles = [...pixels].map((value) => value.toString(16).padStart(2, '0').concat('7'));
    const packed = Buffer.from(nibbles.join(''), 'hex');
    const { jpeg } = await convert(writePage([packed], [...RGB, [258, 12, 12, 12]]));
    await expectMarker(jpeg);
  });

  test('given a whole JPEG in the old style, then it is decoded as that', async () => {
    const old = await drawMarker().jpeg({ quality: 95 }).toBuffer();
    const at = 8 + 2 + 10 * 12 + 4; // behind a directory of ten tags
    const { jpeg, facts } = await convert(writePage([old], [...YCBCR, [259, 6], [513, at]]));
    expect(facts).toMatchObject({ ...MARKER, mediaType: 'image/tiff' });
    await expectMarker(jpeg);
  });

  test('given one in pieces, or one whose scan names no places, then it is put together', async () => {
    const whole = await drawMarker().jpeg({ quality: 95, chromaSubsampling: '4:2:0' }).toBuffer();
    const scan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    const at = 8 + 2 + 10 * 12 + 4;
    const unnamed = Buffer.from(whole).fill(0, scan + 11, scan + 14);
    await expectMarker((await convert(writePage([unnamed], [...YCBCR, [259, 6], [513, at]]))).jpeg);
    const page = writePieces(whole);
    await expectMarker((await convert(page)).jpeg);
    await expect(convert(page.fill(0, page.length - 500))).rejects.toMatchObject({
      code: 'file_malformed',
    });
  });

  test('given grey and other samples in planes of their own, then the grey is shown', async () => {
    const grey = await drawMarker().greyscale().toColourspace('b-w').raw().toBuffer();
    const strip = new Uint8Array(grey);
    const page = writePage([strip, new Uint8Array(0)], GREY_PLANES, MARKER, false);
    const { jpeg } = await convert(page);
    const found = (await readCorners(jpeg)).map(([value]) => value);
    const wanted = [0, 1, 2, 3].map(
      (corner) => grey[(corner < 2 ? 12 : 36) * 64 + (corner % 2 ? 48 : 16)],
    );
    found.forEach((value, corner) => {
      expect(Math.abs(value - (wanted[corner] ?? 0))).toBeLessThan(5);
    });
  });

  test('given bytes that are called signed, then they are shown as they are', async () => {
    const pixels = new Uint8Array(await readPixels());
    const { jpeg } = await convert(writePage([pixels], [...RGB, [339, 2, 2, 2]]));
    await expectMarker(jpeg);
  });

  test('given half the rows of any of them, then it is malformed', async () => {
    const whole = writeYcbcr(await readPixels());
    await expect(convert(whole.subarray(0, whole.length / 2))).rejects.toMatchObject({
      code: 'file_malformed',
    });
  });

  test('given so many pixels of them that memory would not do, then it is too complex', async () => {
    const size = { width: 10_000, height: 5_000 };
    const page = writePage([new Uint8Array(1)], [...RGB, [262, 8]], size);
    await expect(convert(page)).rejects.toMatchObject({ code: 'file_too_complex' });
  });
});
