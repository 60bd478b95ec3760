import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { MAX_FRAMES, MAX_JPEG_SCANS } from '../../../lib/media/image/picture-limits.ts';
import { loadSharp } from '../../../lib/media/image/sharp.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../../support/limits.ts';
import {
  claimJpegSize,
  createBlackPng,
  createGif,
  drawMarker,
  insertSegment,
  MARKER,
  repeatLastScan,
} from '../../support/pictures.ts';

const inspect = (bytes: Uint8Array, limits = {}) =>
  inspectPicture(bytes, { ...PICTURE_LIMITS, ...limits });

let jpeg: Buffer;
let png: Buffer;
beforeAll(async () => {
  jpeg = await drawMarker().jpeg().toBuffer();
  png = await drawMarker().png().toBuffer();
});

describe('the facts', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'given orientation %i, then the size is that of the upright picture',
    async (orientation) => {
      const facts = await inspect(await drawMarker(orientation).jpeg().toBuffer());
      expect(facts).toMatchObject({ ...MARKER, orientation, mediaType: 'image/jpeg', frames: 1 });
    },
  );

  test('given alpha and a wide profile, then both are told', async () => {
    const facts = await inspect(
      await drawMarker().ensureAlpha(0.5).withIccProfile('p3').png().toBuffer(),
    );
    expect(facts).toMatchObject({ hasAlpha: true, profile: expect.any(Uint8Array) });
  });

  test('given a plain sRGB profile or none, then there is nothing to convert', async () => {
    const withProfile = await drawMarker().withIccProfile('srgb').jpeg().toBuffer();
    expect(await inspect(withProfile)).toMatchObject({ profile: undefined, metadata: ['icc'] });
    expect(await inspect(jpeg)).toMatchObject({ profile: undefined, metadata: [] });
  });

  test('given an animation, then its frames are counted', async () => {
    expect(await inspect(createGif(10, 10, 7))).toMatchObject({ frames: 7, width: 10, height: 10 });
  });

  test('given every kind of metadata, then each is named', async () => {
    const rich = await drawMarker()
      .withExif({ IFD0: { Artist: 'somebody' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
      .withIccProfile('srgb')
      .jpeg()
      .toBuffer();
    const iptc = 'Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x50\0\x03Joe';
    const all = insertSegment(insertSegment(rich, 0xed, iptc), 0xfe, 'a comment');
    const { metadata } = await inspect(all);
    expect(metadata).toEqual(['exif', 'gps', 'xmp', 'iptc', 'icc', 'comments']);
  });

  test.each(['jpeg', 'png', 'webp', 'avif'] as const)(
    'given a %s with the time it was taken, then it is told in the time of the camera',
    async (format) => {
      const taken = { DateTimeOriginal: '2026:05:04 03:02:01', OffsetTimeOriginal: '+02:00' };
      const dated = await drawMarker().withExif({ IFD2: taken }).toFormat(format).toBuffer();
      expect(await inspect(dated)).toMatchObject({ capturedAt: '2026-05-04T03:02:01+02:00' });
    },
  );

  test('given a time that is none, then no time is told', async () => {
    const taken = { DateTimeOriginal: '0000:00:00 00:00:00' };
    const dated = await drawMarker().withExif({ IFD2: taken }).jpeg().toBuffer();
    expect(await inspect(dated)).toMatchObject({ capturedAt: undefined, metadata: ['exif'] });
  });

  test('given EXIF without a place, then no place is told', async () => {
    const plain = await drawMarker()
      .withExif({ IFD0: { Artist: 'x' } })
      .png()
      .toBuffer();
    expect((await inspect(plain)).metadata).toEqual(['exif']);
  });

  test('given no metadata, then the list is empty', async () => {
    expect((await inspect(png)).metadata).toEqual([]);
  });

  test('given bytes behind the end, as phones append them, then the picture is fine', async () => {
    const tail = Buffer.alloc(5_000, 'motion photo');
    for (const picture of [jpeg, png, createGif(4, 4, 1)]) {
      expect(await inspect(Buffer.concat([picture, tail]))).toMatchObject({ frames: 1 });
    }
  });

  test('given fill bytes before markers, then the JPEG is fine', async () => {
    const filled = Buffer.concat([
      jpeg.subarray(0, 2),
      Buffer.from([0xff, 0xff]),
      jpeg.subarray(2),
    ]);
    expect(await inspect(filled)).toMatchObject(MARKER);
  });
});

describe('refusals', () => {
  test('given no bytes, then it is malformed', async () => {
    await expect(inspect(new Uint8Array())).rejects.toMatchObject({ code: 'file_malformed' });
  });

  test('given text called a picture, then its type is not supported', async () => {
    const text = Buffer.from('This is not a picture.');
    await expect(inspect(text)).rejects.toMatchObject({ code: 'type_unsupported' });
  });

  test('given a Photoshop file, then the refusal names it', async () => {
    const refused = inspect(Buffer.from('8BPS\0\x01', 'latin1'));
    await expect(refused).rejects.toMatchObject({ code: 'type_unsupported', message: /photoshop/ });
  });

  test('given one byte more than allowed, then it is too large', async () => {
    await expect(inspect(jpeg, { maxBytes: jpeg.length })).resolves.toBeDefined();
    const refused = inspect(jpeg, { maxBytes: jpeg.length - 1 });
    await expect(refused).rejects.toMatchObject({ code: 'file_too_large' });
  });

  test('given a PNG of 64 megapixels, then it is too complex, and nothing was decoded', async () => {
    const huge = createBlackPng(8_000, 8_000);
    expect(huge.length).toBeLessThan(20_000);
    const before = sharp.counters();
    await expect(inspect(huge)).rejects.toMatchObject({ code: 'file_too_complex' });
    expect(sharp.counters()).toEqual(before);
  });

  test.each([
    [2 ** 31 - 1, 2 ** 31 - 1],
    [1, 2 ** 31 - 1],
    [20_000_000, 4],
  ])(
    'given a PNG header of %i × %i and no bytes for so many pixels, then it is malformed',
    async (width, height) => {
      const claiming = Buffer.from(png);
      claiming.writeUInt32BE(width, 16);
      claiming.writeUInt32BE(height, 20);
      claiming.writeUInt32BE(crc32(claiming.subarray(12, 29)), 29);
      await expect(inspect(claiming)).rejects.toMatchObject({ code: 'file_malformed' });
    },
  );

  test('given exactly as many pixels as allowed, then it is fine, and with one fewer it is not', async () => {
    const pixels = MARKER.width * MARKER.height;
    await expect(inspect(png, { maxPixels: pixels })).resolves.toBeDefined();
    const refused = inspect(png, { maxPixels: pixels - 1 });
    await expect(refused).rejects.toMatchObject({ code: 'file_too_complex' });
  });

  test('given frames that have too many pixels together, then it is too complex', async () => {
    await expect(inspect(createGif(1_000, 1_000, 60))).resolves.toMatchObject({ frames: 60 });
    const refused = inspect(createGif(1_000, 1_000, 61));
    await expect(refused).rejects.toMatchObject({ code: 'file_too_complex' });
  });

  test('given too many frames, however small, then it is too complex', async () => {
    await expect(inspect(createGif(1, 1, MAX_FRAMES))).resolves.toMatchObject({ frames: 1_000 });
    const refused = inspect(createGif(1, 1, MAX_FRAMES + 1));
    await expect(refused).rejects.toMatchObject({ code: 'file_too_complex' });
  });

  test('given more scans than any encoder writes, then the JPEG is too complex', async () => {
    await expect(inspect(repeatLastScan(jpeg, MAX_JPEG_SCANS - 1))).resolves.toBeDefined();
    const refused = inspect(repeatLastScan(jpeg, MAX_JPEG_SCANS));
    await expect(refused).rejects.toMatchObject({ code: 'file_too_complex' });
  });

  test('given many scans of many pixels, then the JPEG is too complex though neither limit is reached', async () => {
    const large = claimJpegSize(jpeg, 5_000, 5_000);
    await expect(inspect(repeatLastScan(large, 40))).resolves.toBeDefined();
    const refused = inspect(repeatLastScan(large, 50));
    await expect(refused).rejects.toMatchObject({ code: 'file_too_complex' });
  });

  test('given a thumbnail with scans of its own in the metadata, then they do not count', async () => {
    const thumbnail = '\xff\xda\0\x02'.repeat(MAX_JPEG_SCANS + 1);
    await expect(inspect(insertSegment(jpeg, 0xef, thumbnail))).resolves.toBeDefined();
  });

  test.each(['jpeg', 'png', 'gif'] as const)(
    'given a %s without its last bytes, then it is malformed',
    async (format) => {
      const whole = await drawMarker().toFormat(format).toBuffer();
      const end = { jpeg: 2, png: 12, gif: 1 }[format];
      const refused = inspect(whole.subarray(0, -end));
      await expect(refused).rejects.toMatchObject({ code: 'file_malformed' });
    },
  );

  test('given a header that is nonsense, then it is malformed', async () => {
    const nonsense = Buffer.concat([png.subarray(0, 16), Buffer.alloc(8), png.subarray(24)]);
    await expect(inspect(nonsense)).rejects.toMatchObject({ code: 'file_malformed' });
  });
});

test('given an SVG, when sharp is asked past all checks, then its loader is blocked', async () => {
  const blocked = await loadSharp();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await expect(blocked(svg).metadata()).rejects.toThrow();
});
