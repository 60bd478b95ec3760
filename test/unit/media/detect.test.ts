import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectMediaType } from '../../../lib/media/detect.ts';
import { isPictureType } from '../../../lib/media/media-types.ts';
import { createGif, drawMarker } from '../../support/pictures.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('detectMediaType', () => {
  test.each(['jpeg', 'png', 'webp', 'tiff', 'avif', 'gif'] as const)(
    'given a real %s, then it is known and supported',
    async (format) => {
      const type = detectMediaType(await drawMarker().toFormat(format).toBuffer());
      expect(type).toBe(`image/${format}`);
      expect(isPictureType(type)).toBe(true);
    },
  );

  test.each([
    ['GIF87a', 'image/gif'],
    ['MM\0*\0\0\0\x08', 'image/tiff'],
    ['\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf', 'image/avif'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'image/heic'],
    ['\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'image/heic'],
    ['\0\0\0\x14ftypmif1\0\0\0\0mif1', 'image/heic'],
    ['BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'image/bmp'],
  ])('given the variant %j, then it is supported', (start, type) => {
    expect(detectMediaType(latin1(start))).toBe(type);
  });

  test.each([
    ['\0\0\0\x18ftypisom\0\0\0\0isomavc1', 'video/mp4'],
    ['\0\0\0\x14ftypqt  \0\0\x02\0qt  ', 'video/quicktime'],
    ['\0\0\0\x18ftyp3gp4\0\0\0\0isom3gp4', 'video/mp4'],
    ['\0\0\0\x18ftypM4A \0\0\0\0isommp42', 'audio/mp4'],
    ['\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm', 'video/webm'],
    ['\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska', 'video/x-matroska'],
    ['RIFF\0\0\0\0WAVEfmt ', 'audio/wav'],
    ['RIFF\0\0\0\0AVI LIST', 'video/x-msvideo'],
    ['FORM\0\0\0\0AIFFCOMM', 'audio/aiff'],
    ['fLaC\0\0\0\x22', 'audio/flac'],
    ['OggS\0\x02', 'audio/ogg'],
    [`OggS\0\x02${'\0'.repeat(22)}\x80theora`, 'video/ogg'],
    ['ID3\x04\0', 'audio/mpeg'],
    [`\xff\xfb\x90\x64${'\0'.repeat(413)}\xff\xfb\x90\x64`, 'audio/mpeg'],
    [`\xff\xf1\x50\x80\x02\x1f\xfc${'\0'.repeat(9)}\xff\xf1\x50\x80\x02\x1f\xfc`, 'audio/aac'],
    ['%PDF-1.7', 'application/pdf'],
    ['<?xml version="1.0"?>\n<svg xmlns="">', 'image/svg+xml'],
    ['8BPS\0\x01', 'image/vnd.adobe.photoshop'],
    ['\xff\x0a\0', 'image/jxl'],
  ])('given %j, then it is named, and no picture', (start, type) => {
    const found = detectMediaType(latin1(start));
    expect(found).toBe(type);
    expect(isPictureType(found)).toBe(false);
  });

  test.each([
    '',
    'Just words.',
    'RIFF\0\0\0\0ABCD',
    '\xff\xfb\x90\x64 and no other frame'.padEnd(500),
    '\0\0\0\x08ftyp',
    '\xff\xd8',
    'BMW is a car',
  ])('given %j, then it is unknown', (start) => {
    expect(detectMediaType(latin1(start))).toBeUndefined();
  });

  test('given a view into a larger buffer, then only the view counts', () => {
    const padded = Buffer.concat([latin1('%PDF-'), createGif(1, 1, 1)]);
    expect(detectMediaType(new Uint8Array(padded.buffer, padded.byteOffset + 5))).toBe('image/gif');
  });

  test('given any bytes, then the answer is a type or nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const type = detectMediaType(bytes);
        expect(type === undefined || type.includes('/')).toBe(true);
      }),
    );
  });
});
