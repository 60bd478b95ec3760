import { createServer } from 'node:http';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertPicture } from '../../lib/media/image/image.ts';
import { inspectPicture } from '../support/inspect-picture.ts';
import { PICTURE_LIMITS } from '../support/limits.ts';
import { createGif, createPng, drawMarker, insertSegment, pngChunk } from '../support/pictures.ts';

/** In every payload: what must not come out, and the address that must not be called. */
const MARK = 'PAYLOAD-7f3a';
const called: string[] = [];
const server = createServer((request, response) => {
  called.push(request.url ?? '');
  response.end();
});
let address = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}/${MARK}`;
});
afterAll(() => server.close());

async function analyse(bytes: Uint8Array) {
  const facts = await inspectPicture(bytes, PICTURE_LIMITS);
  return convertPicture(bytes, facts);
}

describe('what is no picture, under the name of one', () => {
  const own = new URL(import.meta.url).pathname;
  test.each([
    [
      'SVG with a script',
      () => `<svg xmlns="http://www.w3.org/2000/svg"><script>fetch('${address}')</script></svg>`,
    ],
    [
      'SVG that reads a file and an address',
      () =>
        `<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file://${own}"/><image href="${address}"/></svg>`,
    ],
    [
      'XML with an external entity',
      () =>
        `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "${address}">]><svg>&x;&y;</svg>`,
    ],
    [
      'MVG',
      () => `push graphic-context\nviewbox 0 0 9 9\nfill 'url(${address})'\npop graphic-context`,
    ],
    [
      'MSL',
      () =>
        `<?xml version="1.0"?><image><read filename="${address}"/><write filename="/tmp/${MARK}"/></image>`,
    ],
    ['PostScript', () => `%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%curl ${address}) (r) file`],
    ['HTML', () => `<!doctype html><img src="${address}"><script>alert(1)</script>`],
    ['PDF', () => `%PDF-1.7\n1 0 obj <</URI (${address})>>`],
    ['ELF', () => `\x7fELF\x02\x01\x01${MARK}`],
    ['PE', () => `MZ\x90\0\x03\0\0\0${MARK}`],
    ['a script', () => `#!/bin/sh\ncurl ${address}`],
    ['ZIP', () => `PK\x03\x04${MARK}`],
    ["libvips' own format", () => `\x08\xf2\xa6\xb6${MARK}`.padEnd(64, '\0')],
  ])('given %s, then it is refused', async (_, write) => {
    const bytes = Buffer.from(write(), 'latin1');
    await expect(analyse(bytes)).rejects.toMatchObject({ code: 'type_unsupported' });
  });
});

describe('what is a picture and something else', () => {
  const script = `<script>fetch('${MARK}')</script>`;
  test.each<[string, () => Promise<Buffer>]>([
    [
      'a JPEG with a ZIP behind it',
      async () =>
        Buffer.concat([
          await drawMarker().jpeg().toBuffer(),
          Buffer.from(`PK\x03\x04${MARK}`, 'latin1'),
        ]),
    ],
    [
      'a JPEG with a PDF in its comment',
      async () => insertSegment(await drawMarker().jpeg().toBuffer(), 0xfe, `%PDF-1.4 ${MARK}`),
    ],
    [
      'a JPEG with PHP in its EXIF',
      async () =>
        drawMarker()
          .withExif({ IFD0: { Artist: `<?php system('${MARK}')` } })
          .jpeg()
          .toBuffer(),
    ],
    [
      'a GIF with a script behind it',
      async () => Buffer.concat([createGif(8, 8, 1), Buffer.from(`*/=1;${script}`)]),
    ],
    [
      'a PNG with a script in its text',
      async () =>
        createPng({
          width: 8,
          height: 8,
          chunks: [pngChunk('tEXt', Buffer.from(`Title\0${script}`))],
        }),
    ],
    [
      'a PNG with an executable behind it',
      async () => Buffer.concat([createPng({ width: 8, height: 8 }), Buffer.from(`MZ${MARK}`)]),
    ],
    [
      'a WebP with XMP that names an address',
      async () =>
        drawMarker()
          .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${MARK}</x:xmpmeta>`)
          .webp()
          .toBuffer(),
    ],
  ])('given %s, then the picture is taken and the rest is gone', async (_, build) => {
    const bytes = await build();
    expect(bytes.includes(MARK)).toBe(true);
    const { jpeg } = await analyse(bytes);
    const derived = Buffer.from(jpeg);
    expect(derived.includes(MARK)).toBe(false);
    expect(derived.indexOf(Buffer.from([0xff, 0xd9]))).toBe(derived.length - 2);
    expect((await sharp(derived).metadata()).format).toBe('jpeg');
  });

  test('given a picture with anything behind its end, then none of that comes out', async () => {
    const jpeg = await drawMarker().jpeg().toBuffer();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (tail) => {
        const [plain, tailed] = [await analyse(jpeg), await analyse(Buffer.concat([jpeg, tail]))];
        expect(Buffer.from(tailed.jpeg).equals(plain.jpeg)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

test('given all of these, then nobody was called', () => {
  expect(called).toEqual([]);
});
