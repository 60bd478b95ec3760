import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { findMarker } from '../../../lib/media/image/formats/jpeg/markers.ts';
import { convertPicture } from '../../../lib/media/image/image.ts';
import { MAX_FRAMES, MAX_HELD_BYTES } from '../../../lib/media/image/picture-limits.ts';
import { claimAvifSize } from '../../support/hostile.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import {
  createGif,
  createPng,
  drawMarker,
  insertSegment,
  pngChunk,
} from '../../support/pictures.ts';
import { createTiff, ONE_PIXEL, withTags } from '../../support/tiff.ts';

const inspect = (bytes: Uint8Array) => inspectPicture(bytes, PICTURE_LIMITS);
const expectCode = (bytes: Uint8Array, code: string) =>
  expect(inspect(bytes)).rejects.toMatchObject({ code });

async function animate(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = [drawMarker(), drawMarker().negate(), drawMarker()].map((frame) =>
    frame.png().toBuffer(),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } })
    .toFormat(format)
    .toBuffer();
}

describe('JPEG', () => {
  test('given junk between segments, as some cameras leave it, then the picture is fine', async () => {
    const jpeg = insertSegment(await drawMarker().jpeg().toBuffer(), 0xfe, 'a comment');
    const junk = Buffer.from('\0\0junk\xff\0', 'latin1');
    const behindComment = 4 + 2 + 'a comment'.length;
    const odd = Buffer.concat([
      jpeg.subarray(0, behindComment),
      junk,
      jpeg.subarray(behindComment),
    ]);
    expect(await inspect(odd)).toMatchObject({ width: 64, metadata: ['comments'] });
  });

  test('given any bytes that are no marker, then the next one is found behind them, however far', () => {
    const near = fc.constantFrom([0xff, 0], [0xff, 0xd0], [0xff, 0xd7], [0xff, 0xff, 0], [7]);
    const far = fc.nat(40).map((length) => Array<number>(length).fill(7));
    fc.assert(
      fc.property(fc.array(fc.oneof(near, far), { maxLength: 12 }), fc.boolean(), (junk, isCut) => {
        const data = Buffer.from([1, 2, ...junk.flat()]);
        const file = Buffer.concat([data, Buffer.from(isCut ? [0xff] : [0xff, 0xd9, 0xff, 0xda])]);
        expect(findMarker(file, 2)).toBe(data.length + 1);
      }),
      { numRuns: 1_000 },
    );
  });

  test('given millions of empty comments, then it is too complex', async () => {
    const jpeg = await drawMarker().jpeg().toBuffer();
    const comments = Buffer.alloc(4 * 5_001, Buffer.from([0xff, 0xfe, 0, 2]));
    await expectCode(
      Buffer.concat([jpeg.subarray(0, 2), comments, jpeg.subarray(2)]),
      'file_too_complex',
    );
  });
});

describe('PNG', () => {
  test('given an animation, then its frames are counted, whatever it claims', async () => {
    const claim = pngChunk('acTL', Buffer.from('ffffffff00000000', 'hex'));
    const control = Buffer.alloc(26);
    control.writeUInt32BE(1, 4);
    control.writeUInt32BE(1, 8);
    const frames = [pngChunk('fcTL', control), pngChunk('fcTL', control)];
    const png = createPng({ width: 1, height: 1, chunks: [claim, ...frames] });
    expect(await inspect(png)).toMatchObject({ frames: 2 });
  });

  test('given a wrong checksum of any chunk, then it is malformed', async () => {
    const png = createPng({
      width: 1,
      height: 1,
      chunks: [pngChunk('tEXt', Buffer.from('Title\0Words'))],
    });
    for (const type of ['IHDR', 'tEXt', 'IDAT', 'IEND']) {
      const broken = Buffer.from(png);
      const at = broken.indexOf(type);
      const end = at + 4 + broken.readUInt32BE(at - 4);
      broken[end] = (broken[end] ?? 0) ^ 1;
      await expectCode(broken, 'file_malformed');
    }
  });

  test('given more texts than anybody writes, then it is too complex', async () => {
    const text = pngChunk('tEXt', Buffer.from('Title\0Words'));
    const chunks = Array.from({ length: 1_001 }, () => text);
    await expectCode(createPng({ width: 1, height: 1, chunks }), 'file_too_complex');
  });

  test.each([
    ['zTXt', 'Title\0\0'],
    ['iTXt', 'XML:com.adobe.xmp\0\x01\0en\0Words\0'],
    ['iCCP', 'sRGB\0\0'],
  ])(
    'given a %s that unpacks to far more than it takes, then it is too complex',
    async (type, head) => {
      const bomb = (bytes: number) => {
        const data = Buffer.concat([Buffer.from(head, 'latin1'), deflateSync(Buffer.alloc(bytes))]);
        return createPng({ width: 1, height: 1, chunks: [pngChunk(type, data)] });
      };
      await expect(inspect(bomb(1_000))).resolves.toBeDefined();
      await expectCode(bomb(17 * 1024 * 1024), 'file_too_complex');
    },
  );

  test.each<[string, (packed: Buffer) => Buffer]>([
    ['a wrong checksum', (packed) => Buffer.concat([packed.subarray(0, -1), Buffer.from([0xaa])])],
    ['no end', (packed) => packed.subarray(0, -9)],
    ['a fault behind megabytes', (packed) => packed.fill(0xff, packed.length - 99)],
  ])(
    'given packed texts with %s, then what they unpack to counts all the same',
    async (_, spoil) => {
      const text = (bytes: number) => {
        const packed = spoil(deflateSync(Buffer.alloc(bytes), { level: 1 }));
        return pngChunk('zTXt', Buffer.concat([Buffer.from('Title\0\0'), packed]));
      };
      const texts = (bytes: number) =>
        createPng({ width: 1, height: 1, chunks: [text(bytes), text(bytes), text(bytes)] });
      await expect(inspect(texts(200_000))).resolves.toBeDefined();
      await expectCode(texts(6 * 1024 * 1024), 'file_too_complex');
    },
  );

  test.each([
    [1, 1],
    [0, 10],
  ])(
    'given more packed rows than one of %i × %i has, then it is malformed',
    async (width, height) => {
      await expectCode(createPng({ width, height, rows: randomBytes(70_000) }), 'file_malformed');
    },
  );

  test('given rows that have to be held all at once, then bytes count, not only pixels', async () => {
    const width = 1_000;
    const height = MAX_HELD_BYTES / 8 / width;
    const deep = { width, depth: 16, colour: 6, rows: Buffer.alloc(0) } as const;
    const held = { ...deep, isInterlaced: true };
    await expect(inspect(createPng({ ...held, height }))).resolves.toBeDefined();
    await expectCode(createPng({ ...held, height: height + 1 }), 'file_too_complex');
    await expect(inspect(createPng({ ...deep, height: height + 1 }))).resolves.toBeDefined();
  });
});

describe('GIF', () => {
  test('given a later frame that was cut short, then it is malformed, though nobody looks at it', async () => {
    const gif = await animate('gif');
    expect(await inspect(gif)).toMatchObject({ frames: 3 });
    const last = gif.lastIndexOf(Buffer.from([0x2c, 0, 0, 0, 0]));
    const code =
      last + 10 + ((gif[last + 9] ?? 0) & 0x80 ? 3 * 2 ** (((gif[last + 9] ?? 0) & 7) + 1) : 0);
    const empty = Buffer.from([gif[code] ?? 0, 0, 0x3b]);
    await expectCode(Buffer.concat([gif.subarray(0, code), empty]), 'file_malformed');
  });

  test('given a frame larger than its data, then it is malformed', async () => {
    const gif = createGif(10, 10, 1);
    gif.writeUInt16LE(10, gif.indexOf(0x2c, 13) + 5);
    await expectCode(gif, 'file_malformed');
  });
});

describe('WebP', () => {
  test('given a file shorter than it says, or a part that reaches out of its frame, then it is malformed', async () => {
    const webp = await animate('webp');
    expect(await inspect(webp)).toMatchObject({ frames: 3 });
    await expectCode(webp.subarray(0, -2), 'file_malformed');
    const part = webp.indexOf('VP8', webp.lastIndexOf('ANMF'));
    webp.writeUInt32LE(webp.readUInt32LE(part + 4) + 100, part + 4);
    await expectCode(webp, 'file_malformed');
  });
});

describe('AVIF', () => {
  test('given the brand of a sequence, then its still picture is looked at', async () => {
    const avif = await drawMarker().avif().toBuffer();
    avif.write('avis', 8, 'latin1');
    expect(await inspect(avif)).toMatchObject({ mediaType: 'image/avif', width: 64 });
  });

  test.each(['first', 'only'])(
    'given the neutral brand as the %s one, then it is an AVIF',
    async (place) => {
      const avif = await drawMarker().avif().toBuffer();
      avif.write('mif1', 8, 'latin1');
      if (place === 'only') avif.write('miaf', avif.indexOf('avif'), 'latin1');
      const facts = await inspect(avif);
      expect(facts).toMatchObject({ mediaType: 'image/avif', width: 64 });
      expect(await convertPicture(avif, facts)).toMatchObject({ width: 64 });
    },
  );

  test('given megapixels in a few hundred bytes, then they may be few, or the bytes have to be more', async () => {
    const avif = await drawMarker().avif().toBuffer();
    await expect(inspect(claimAvifSize(avif, 2_900))).resolves.toBeDefined();
    await expectCode(claimAvifSize(avif, 3_000), 'file_too_complex');
    const box = Buffer.from(`\0\0\x60\0free${' '.repeat(0x6000 - 8)}`, 'latin1');
    await expect(inspect(Buffer.concat([claimAvifSize(avif, 3_000), box]))).resolves.toBeDefined();
  });

  test('given a file cut within any box, then it is malformed', async () => {
    const avif = await drawMarker().avif().toBuffer();
    for (const tenth of [1, 2, 3, 4, 5, 6, 7, 8, 9, 9.9]) {
      const cut = avif.subarray(0, (avif.length * tenth) / 10);
      const looked = inspect(cut).then((facts) => convertPicture(cut, facts));
      await expect(looked).rejects.toMatchObject({ code: 'file_malformed' });
    }
  });

  test('given a last box cut off, that the picture does not need, then it is malformed', async () => {
    const avif = await drawMarker().avif().toBuffer();
    const box = Buffer.from('\0\0\0\x20free'.padEnd(0x20, '\0'), 'latin1');
    await expect(inspect(Buffer.concat([avif, box]))).resolves.toBeDefined();
    await expectCode(Buffer.concat([avif, box.subarray(0, -1)]), 'file_malformed');
  });
});

describe('TIFF', () => {
  test('given pages, then they are counted', async () => {
    expect(await inspect(createTiff([ONE_PIXEL, ONE_PIXEL]))).toMatchObject({ frames: 2 });
  });

  test('given a chain of pages that turns back, then it ends there', async () => {
    expect(await inspect(createTiff([ONE_PIXEL, ONE_PIXEL], { last: 8 }))).toMatchObject({
      frames: 2,
    });
  });

  test('given more pages than allowed, then it is too complex', async () => {
    const pages = (count: number) => createTiff(Array.from({ length: count }, () => ONE_PIXEL));
    await expect(inspect(pages(MAX_FRAMES))).resolves.toMatchObject({ frames: MAX_FRAMES });
    await expectCode(pages(MAX_FRAMES + 1), 'file_too_complex');
  });

  test('given data behind the end of the file, on any page, then it is malformed', async () => {
    await expectCode(createTiff([ONE_PIXEL, withTags([273, 4, 1, 5_000])]), 'file_malformed');
  });

  test.each([
    ['strips', 273, 279],
    ['tiles', 324, 325],
  ])(
    'given billions of %s, which no file has room for, then it is malformed at once',
    async (_, offsets, sizes) => {
      const claimed = [4, 0xffffffff, 0xfffffff0] as const;
      const page = withTags([offsets, ...claimed], [sizes, ...claimed]);
      await expectCode(createTiff([page]), 'file_malformed');
      await expectCode(createTiff([ONE_PIXEL, page]), 'file_malformed');
    },
  );

  test('given a tile that unpacks to gigabytes, then it is too complex', async () => {
    const tile = withTags([259, 3, 1, 8], [322, 4, 1, 65_536], [323, 4, 1, 65_536]);
    await expectCode(createTiff([tile]), 'file_too_complex');
  });

  test('given directories that share a large value, then it is too complex', async () => {
    const shared = withTags([34_675, 7, 1_000_000, 8]);
    const pages = Array.from({ length: 40 }, () => shared);
    await expectCode(createTiff(pages, { tail: Buffer.alloc(1_000_008) }), 'file_too_complex');
  });

  test('given directories of very many tags, then it is too complex', async () => {
    const many = Array.from({ length: 60_000 }, (_, tag) => [tag + 300, 3, 1, 0] as const);
    await expectCode(createTiff([many, many]), 'file_too_complex');
  });

  test.each([
    ['old-style JPEG', withTags([259, 3, 1, 6])],
    ['selections saved with it', withTags([277, 3, 1, 3], [279, 4, 1, 3], [338, 3, 2, 0])],
    ['tiles in separate planes', withTags([284, 3, 1, 2], [324, 4, 1, 0], [325, 4, 1, 1])],
  ])('given %s, which the decoder lacks, then it says so', async (_, entries) => {
    await expectCode(createTiff([entries]), 'type_unsupported');
  });
});
