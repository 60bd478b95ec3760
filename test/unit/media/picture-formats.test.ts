import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../../lib/media/image/formats/formats.ts';
import { PICTURE_TYPES } from '../../../lib/media/media-types.ts';
import { createBmp } from '../../support/bmp.ts';
import { inspectPicture } from '../../support/inspect-picture.ts';
import { createGif, drawMarker, pngChunk } from '../../support/pictures.ts';
import { createTiff, ONE_PIXEL } from '../../support/tiff.ts';

const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');

/** A small file of each format, for its walk to start on. */
async function createSeeds(): Promise<Record<(typeof PICTURE_TYPES)[number], Buffer>> {
  const draw = (format: 'jpeg' | 'png' | 'webp' | 'avif') =>
    drawMarker().resize(16, 16).toFormat(format).toBuffer();
  return {
    'image/jpeg': await draw('jpeg'),
    'image/png': await draw('png'),
    'image/webp': await draw('webp'),
    'image/avif': await draw('avif'),
    'image/gif': createGif(3, 3, 2),
    'image/tiff': createTiff([ONE_PIXEL, ONE_PIXEL]),
    'image/heic': heic,
    'image/bmp': createBmp({ width: 3, height: 3 }, () => [0, 0, 0], { bits: 24 }),
  };
}
const seeds = await createSeeds();

describe.each(PICTURE_TYPES)('%s', (type) => {
  test('given the start of one, then no other format takes it for its own', () => {
    const start = seeds[type].toString('latin1');
    expect(PICTURE_TYPES.filter((other) => FORMATS[other].matches(start))).toEqual([type]);
  });

  test('given any damage, then the walk does not throw', () => {
    const place = fc.nat(seeds[type].length - 1);
    const changes = fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(changes, place, (changed, end) => {
        const bytes = Buffer.from(seeds[type].subarray(0, end + 1));
        for (const [at, value] of changed) if (at < bytes.length) bytes[at] = value;
        expect(FORMATS[type].walk(bytes)).toHaveProperty('ended');
      }),
      { numRuns: 300 },
    );
  });
});

test('given a PNG of its end alone, then it is malformed', async () => {
  const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const bytes = Buffer.concat([magic, pngChunk('IEND', Buffer.alloc(0))]);
  await expect(inspectPicture(bytes)).rejects.toMatchObject({ code: 'file_malformed' });
});

test('given a grid whose tiles are listed behind the end of the file, then it is malformed', async () => {
  const box = (type: string, size: number, data = Buffer.alloc(0)) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(size);
    head.write(type, 4);
    return Buffer.concat([head, data]);
  };
  const references = box('iref', 20, Buffer.concat([Buffer.alloc(4), box('dimg', 1_000)]));
  const meta = box('meta', 32, Buffer.concat([Buffer.alloc(4), references]));
  const bytes = Buffer.concat([heic, meta]);
  await expect(inspectPicture(bytes)).rejects.toMatchObject({ code: 'file_malformed' });
});
