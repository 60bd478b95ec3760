import sharp from 'sharp';
import { expect, test } from 'vitest';
import { walkMarkers } from '../../../lib/media/image/formats/jpeg/markers.ts';
import { stripJpeg } from '../../../lib/media/image/formats/jpeg/strip.ts';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { MEDIA_LIMITS } from '../../support/limits.ts';
import { drawMarker } from '../../support/pictures.ts';

const draw = () => drawMarker().resize(320, 240);
const EXIF = {
  IFD0: { Make: 'Secretive' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 30/1 0/1' },
};
const strip = (bytes: Uint8Array) => stripJpeg(bytes, walkMarkers(bytes), Infinity);
const pixelsOf = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();

async function convert(bytes: Buffer) {
  return convertPicture(bytes, await inspectPicture(bytes, MEDIA_LIMITS.image));
}

test.each([
  ['baseline', {}],
  ['progressive', { progressive: true }],
  ['grey', {}],
])(
  'a small %s JPEG leaves as it is, without metadata and what stands behind its end',
  async (kind, options) => {
    const drawn = kind === 'grey' ? draw().greyscale() : draw();
    const picture = await drawn.jpeg({ ...options, quality: 70 }).toBuffer();
    const marked = await drawn
      .withExif(EXIF)
      .withIccProfile('srgb')
      .jpeg({ ...options, quality: 70 })
      .toBuffer();
    const comment = Buffer.from([0xff, 0xfe, 0, 10, ...Buffer.from('a secret')]);
    const file = Buffer.concat([
      marked.subarray(0, 2),
      comment,
      marked.subarray(2),
      Buffer.from('a secret video'),
    ]);
    const { jpeg, width, height } = await convert(file);
    expect([width, height]).toEqual([320, 240]);
    expect(jpeg.length).toBeLessThanOrEqual(picture.length);
    expect(Buffer.from(jpeg).toString('latin1')).not.toMatch(/secret|Exif|ICC_PROFILE/i);
    expect(await pixelsOf(jpeg)).toEqual(await pixelsOf(picture));
  },
);

test('what is turned, in another profile, large or lavish is encoded anew', async () => {
  const turned = await draw().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect(await convert(turned)).toMatchObject({ width: 240, height: 320 });
  const wide = await draw().withIccProfile('p3').jpeg().toBuffer();
  expect(await pixelsOf((await convert(wide)).jpeg)).not.toEqual(await pixelsOf(wide));
  const lavish = await sharp(
    Buffer.from(Array.from({ length: 300 * 300 * 3 }, (_, i) => (i * 7919) % 256)),
    {
      raw: { width: 300, height: 300, channels: 3 },
    },
  )
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  expect((await convert(lavish)).jpeg.length).toBeLessThan(lavish.length);
});

test('one that is damaged is refused all the same', async () => {
  const picture = await draw().jpeg().toBuffer();
  const middle = Math.floor(picture.length / 2);
  const cut = Buffer.concat([picture.subarray(0, middle), Buffer.from([0xff, 0xd9])]);
  await expect(convert(cut)).rejects.toMatchObject({ code: 'file_malformed' });
});

test('four colours, and what has no end, are left to the encoder', async () => {
  const ink = await draw().toColourspace('cmyk').jpeg().toBuffer();
  expect(strip(ink)).toBeUndefined();
  const picture = await draw().jpeg().toBuffer();
  expect(strip(picture.subarray(0, -2))).toBeUndefined();
});

test('what hides within, behind the last row or in a marker, does not leave', async () => {
  const picture = await draw().jpeg({ quality: 70 }).toBuffer();
  const secret = Buffer.from('a secret');
  const padded = Buffer.concat([picture.subarray(0, -2), secret, picture.subarray(-2)]);
  const adobe = Buffer.from([
    0xff,
    0xee,
    0,
    22,
    ...Buffer.from('Adobe\0d\0\0\0\0\x01', 'latin1'),
    ...secret,
  ]);
  const named = Buffer.concat([picture.subarray(0, 2), adobe, picture.subarray(2)]);
  for (const file of [padded, named]) {
    const { jpeg, width } = await convert(file);
    expect(width).toBe(320);
    expect(Buffer.from(jpeg).includes(secret)).toBe(false);
  }
});

test('a large one of halved colours that hides data behind its last row is encoded anew', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const canvas = { width: 1_300, height: 1_300, channels: 3, background: '#888', noise } as const;
  const picture = await sharp({ create: canvas }).jpeg({ quality: 60 }).toBuffer();
  expect(picture.length).toBeGreaterThan(262_144);
  const secret = Buffer.from('a secret'.repeat(99));
  const padded = Buffer.concat([picture.subarray(0, -2), secret, picture.subarray(-2)]);
  expect(Buffer.from((await convert(padded)).jpeg).includes('a secret')).toBe(false);
});

const SECRET = Buffer.from('a secret'.repeat(8));
const segment = (marker: number, ...data: Uint8Array[]) => {
  const length = 2 + data.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), ...data]);
};
const first = (file: Buffer, part: Buffer) =>
  Buffer.concat([file.subarray(0, 2), part, file.subarray(2)]);
const last = (file: Buffer, part: Buffer) =>
  Buffer.concat([file.subarray(0, -2), part, file.subarray(-2)]);
const aScan = segment(0xda, Buffer.from([3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]));
const unusedCodes = Buffer.from([0x13, ...Array(15).fill(0), SECRET.length]);

test.each<[string, (file: Buffer) => Buffer]>([
  [
    'a segment as long as that of JFIF',
    (file) => first(file, segment(0xe0, SECRET.subarray(0, 14))),
  ],
  [
    'a segment of Adobe',
    (file) => first(file, segment(0xee, Buffer.from('Adobea secr\x01', 'latin1'))),
  ],
  ['a table that nothing uses', (file) => first(file, segment(0xdb, Buffer.from([3]), SECRET))],
  ['a table that another replaces', (file) => first(file, segment(0xdb, Buffer.from([0]), SECRET))],
  ['codes that nothing uses', (file) => first(file, segment(0xc4, unusedCodes, SECRET))],
  ['intervals one after another', (file) => first(file, segment(0xdd, Buffer.from('a ')))],
  ['tables behind the picture', (file) => last(file, segment(0xdb, Buffer.from([3]), SECRET))],
  ['a header behind the picture', (file) => last(file, segment(0xc0, Buffer.from([8]), SECRET))],
  ['a second scan that no decoder reads', (file) => last(file, Buffer.concat([aScan, SECRET]))],
])('what hides in %s does not leave', async (_, hide) => {
  const noInterval = segment(0xdd, Buffer.from([0, 0]));
  const picture = first(await draw().jpeg({ quality: 70 }).toBuffer(), noInterval);
  const { jpeg, width } = await convert(hide(picture));
  expect(width).toBe(320);
  for (const hidden of ['a secr', '\xdd\0\x04a'])
    expect(Buffer.from(jpeg).toString('latin1')).not.toContain(hidden);
});

test('data behind a picture whose tables are the well-known ones, left out, does not leave', async () => {
  const picture = await draw().jpeg({ quality: 70, optimiseCoding: false }).toBuffer();
  const at = picture.indexOf(Buffer.from([0xff, 0xc4]));
  const scan = picture.indexOf(Buffer.from([0xff, 0xda]));
  const bare = Buffer.concat([picture.subarray(0, at), picture.subarray(scan)]);
  const { jpeg } = await convert(last(bare, SECRET));
  expect(Buffer.from(jpeg).includes('a secret')).toBe(false);
  expect(await pixelsOf(jpeg)).not.toHaveLength(0);
});

test('colours that a longer segment of Adobe names stay as they are', async () => {
  const picture = await draw().jpeg({ quality: 70, chromaSubsampling: '4:4:4' }).toBuffer();
  const adobe = Buffer.from('Adobe\0d\0\0\0\0\0', 'latin1'); // of red, green and blue
  const file = first(picture, segment(0xee, adobe, SECRET));
  const { jpeg } = await convert(file);
  expect(Buffer.from(jpeg).includes('a secret')).toBe(false);
  expect((await pixelsOf(jpeg)).equals(await pixelsOf(file))).toBe(true);
});
