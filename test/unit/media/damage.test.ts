import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import { walkMarkers } from '../../../lib/media/image/formats/jpeg/markers.ts';
import { walkScan } from '../../../lib/media/image/formats/jpeg/scan.ts';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { createBmp } from '../../support/bmp.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import {
  CORNERS,
  claimJpegSize,
  createBlackPng,
  createGif,
  createPng,
  drawMarker,
  MARKER,
  readCorners,
} from '../../support/pictures.ts';
import { createSequence } from '../../support/sequence.ts';
import { createTiff, ONE_PIXEL, withTags } from '../../support/tiff.ts';

async function convert(bytes: Uint8Array) {
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  return { facts, ...(await convertPicture(bytes, facts)) };
}

const walk = (bytes: Uint8Array) => walkScan(bytes, walkMarkers(bytes).segments);

const expectCode = (bytes: Uint8Array, code: string) =>
  expect(convert(bytes)).rejects.toMatchObject({ code });

function drawNoise(width: number, height: number) {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: '#888', noise } });
}

describe('any format', () => {
  test.each(['jpeg', 'png', 'webp', 'tiff', 'avif', 'gif'] as const)(
    'given half a %s, then it is malformed',
    async (format) => {
      const whole = await drawMarker().toFormat(format).toBuffer();
      await expectCode(whole.subarray(0, whole.length / 2), 'file_malformed');
    },
  );

  const claimed = { width: 30_000, height: 30_000 };
  test.each<[string, () => Promise<Buffer> | Buffer]>([
    ['JPEG', async () => claimJpegSize(await drawMarker().jpeg().toBuffer(), 60_000, 60_000)],
    ['PNG', () => createPng({ ...claimed, rows: Buffer.alloc(99) })],
    ['GIF', () => createGif(60_000, 60_000, 1)],
    ['BMP', () => claimBmpSize(claimed)],
    ['TIFF', () => createTiff([withTags([256, 4, 1, 30_000], [257, 4, 1, 30_000])])],
  ])('given a %s too short for the size it says, then it is malformed', async (_, create) => {
    await expectCode(await create(), 'file_malformed');
  });
});

function claimBmpSize({ width, height }: typeof MARKER): Buffer {
  const bmp = createBmp({ width: 9, height: 5 }, () => [0, 0, 0], { bits: 24 });
  bmp.writeInt32LE(width, 18);
  bmp.writeInt32LE(height, 22);
  return bmp;
}

describe('JPEG', () => {
  const whole = (options: JpegOptions, edge = 150) =>
    drawNoise(edge, edge)
      .jpeg({ quality: 85, ...options })
      .toBuffer();

  test('given half of one with an end put on, then the decode finds it', async () => {
    const jpeg = await whole({}, 900);
    const patched = Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.from([0xff, 0xd9])]);
    await expectCode(patched, 'file_malformed');
  });

  test.each(['4:4:4', '4:2:0'])(
    'given %s that says fewer rows than it holds, or more, then it is malformed',
    async (chromaSubsampling) => {
      const jpeg = await whole({ chromaSubsampling });
      await expect(convert(jpeg)).resolves.toBeDefined();
      await expectCode(claimJpegSize(jpeg, 150, 70), 'file_malformed');
      await expectCode(claimJpegSize(jpeg, 150, 170), 'file_malformed');
    },
  );

  test('given zeros in the middle of one, where the codes make sense again behind them, then it is malformed', async () => {
    const jpeg = await whole({ chromaSubsampling: '4:4:4', quality: 95 }, 400);
    const middle = Math.floor(jpeg.length * 0.8);
    await expectCode(Buffer.from(jpeg).fill(0, middle, middle + 4_000), 'file_malformed');
  });

  test('given any encoding of any size, then a whole one is whole, and one that lacks bytes is not', async () => {
    const options = fc.record({
      quality: fc.constantFrom(1, 30, 85, 100),
      chromaSubsampling: fc.constantFrom('4:4:4', '4:2:0'),
      optimiseCoding: fc.boolean(),
    });
    const edge = fc.integer({ min: 1, max: 70 });
    const space = fc.constantFrom('srgb', 'b-w', 'cmyk');
    await fc.assert(
      fc.asyncProperty(options, edge, edge, space, async (chosen, width, height, colours) => {
        const picture = drawNoise(width, height).toColourspace(colours);
        const jpeg = await picture.jpeg(chosen).toBuffer();
        expect(walk(jpeg)).toBe('whole');
        const data = jpeg.lastIndexOf(Buffer.from([0xff, 0xda])) + 14;
        const cut = Buffer.concat([jpeg.subarray(0, data), jpeg.subarray(-2)]);
        if (jpeg.length - data > 2) expect(walk(cut)).toBe('broken');
      }),
      { numRuns: 60 },
    );
  });

  test('given restarts, then each part is counted by itself', async () => {
    const jpeg = await drawNoise(16, 16).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer();
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    const interval = Buffer.from([0xff, 0xdd, 0, 4, 0, 1]);
    const taller = Buffer.concat([jpeg.subarray(0, frame), interval, jpeg.subarray(frame)]);
    taller.writeUInt16BE(32, frame + interval.length + 5);
    const scan = taller.subarray(taller.lastIndexOf(Buffer.from([0xff, 0xda])) + 14, -2);
    const restart = Buffer.from([0xff, 0xd0]);
    const twice = Buffer.concat([taller.subarray(0, -2), restart, scan, taller.subarray(-2)]);
    await expect(convert(twice)).resolves.toMatchObject({ width: 16, height: 32 });
    const third = Buffer.concat([twice.subarray(0, -2), Buffer.from([0xff, 0xd1]), scan]);
    await expectCode(Buffer.concat([third, twice.subarray(-2)]), 'file_malformed');
    await expectCode(taller, 'file_malformed');
  });
});

test('given a PNG with a flipped bit in its rows, then its checksum finds it', async () => {
  const broken = createBlackPng(100, 100);
  const at = broken.indexOf('IDAT') + 8;
  broken[at] = (broken[at] ?? 0) ^ 1;
  await expectCode(broken, 'file_malformed');
});

test('given an animated WebP whose last frame is overwritten, then it is malformed', async () => {
  const frames = [drawMarker(), drawMarker().negate()].map((frame) => frame.png().toBuffer());
  const animation = sharp(await Promise.all(frames), { join: { animated: true } });
  const webp = await animation.webp({ lossless: true }).toBuffer();
  expect(await convert(webp)).toMatchObject({ facts: { frames: 2 } });
  const last = webp.indexOf('VP8L', webp.lastIndexOf('ANMF'));
  await expectCode(webp.fill(0xff, last + 14, webp.length - 4), 'file_malformed');
});

describe('pages of a TIFF', () => {
  const packed = (count: number, at: number) =>
    withTags([259, 3, 1, 5], [273, 4, 1, at], [279, 4, 1, count]);

  test('given a later one that cannot be unpacked, then it is malformed', async () => {
    const lzw = Buffer.from([0x80, 0x0b, 0xa0, 0x20]); // clear, one sample, end
    const at = 8 + 3 * (2 + 9 * 12 + 4);
    const pages = (tail: Buffer) => createTiff([ONE_PIXEL, packed(4, at), ONE_PIXEL], { tail });
    expect(await convert(pages(lzw))).toMatchObject({ facts: { frames: 3 } });
    await expectCode(pages(Buffer.alloc(4, 0xff)), 'file_malformed');
  });

  test('given a later one of a kind that nobody here reads, then the first is looked at', async () => {
    const page = withTags([258, 3, 1, 12], [278, 3, 1, 1], [279, 4, 1, 2]);
    expect(await convert(createTiff([ONE_PIXEL, page]))).toMatchObject({ facts: { frames: 2 } });
  });
});

describe('sequences', () => {
  const avifs = () =>
    Promise.all([drawMarker(), drawMarker().negate()].map((one) => one.avif().toBuffer()));

  test('given an AVIF sequence without a still picture, then its first frame is sent', async () => {
    const { facts, jpeg } = await convert(createSequence(await avifs(), MARKER));
    expect(facts).toMatchObject({ ...MARKER, frames: 2, mediaType: 'image/avif' });
    const found = (await readCorners(jpeg)).flat();
    CORNERS.flat().forEach((value, index) => {
      expect(Math.abs(value - (found[index] ?? 0))).toBeLessThan(24);
    });
  });

  test('given a HEIC sequence without a still picture, then its first frame is sent', async () => {
    const tile = { width: 64, height: 64 };
    const still = readFileSync(new URL('../../fixtures/marker-10bit.heic', import.meta.url));
    const { facts } = await convert(createSequence([still, still], tile, ['hevc', 'hvc1', 'hvcC']));
    expect(facts).toMatchObject({ frames: 2, mediaType: 'image/heic' });
  });

  test('given a later frame that is overwritten, cut or behind the end, then it is malformed', async () => {
    const sequence = createSequence(await avifs(), MARKER);
    const second = sequence.readUInt32BE(sequence.indexOf('stco') + 16);
    await expectCode(Buffer.from(sequence).fill(0, second, second + 9), 'file_malformed');
    await expectCode(Buffer.from(sequence).fill(0xff, second), 'file_malformed');
    const [longer, far] = [Buffer.from(sequence), Buffer.from(sequence)];
    longer.writeUInt32BE(999_999, longer.indexOf('stsz') + 20);
    far.writeUInt32BE(999_999, far.indexOf('stco') + 16);
    for (const broken of [longer, far]) await expectCode(broken, 'file_malformed');
  });
});
