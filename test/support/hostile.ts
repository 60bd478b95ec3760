import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { createBmp } from './bmp.ts';
import { createGif, createPng, drawMarker, pngChunk, repeatLastScan } from './pictures.ts';
import { createTiff, ONE_PIXEL, withTags } from './tiff.ts';

type Named = [name: string, bytes: Buffer, code?: 'file_malformed'];

const zeros = (bytes: number) => deflateSync(Buffer.alloc(bytes), { level: 1 });

/** Small files that would cost a decoder seconds or gigabytes: `file_too_complex` where no other code is named. */
export async function createBombs(): Promise<Named[]> {
  return [
    ...pngBombs(),
    ...(await jpegBombs()),
    ...gifBombs(),
    ...tiffBombs(),
    ...(await webpBombs()),
    ...(await heifBombs()),
    ...bmpBombs(),
  ];
}

function pngBombs(): Named[] {
  const none = Buffer.alloc(0);
  const dot = { width: 1, height: 1 };
  const packed = zeros(50_000_000);
  const text = Buffer.concat([Buffer.from('Title\0\0'), packed]);
  const xmp = Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'), packed]);
  const small = Buffer.concat([Buffer.from('Title\0\0'), zeros(7_000_000)]);
  const many = Array.from({ length: 500 }, () => pngChunk('zTXt', small));
  const deep = { width: 7_700, height: 7_700, depth: 16, colour: 6, rows: none } as const;
  return [
    ['a PNG of 9,000 × 9,000', createPng({ width: 9_000, height: 9_000 })],
    [
      'one that only says so',
      createPng({ width: 30_000, height: 30_000, rows: none }),
      'file_malformed',
    ],
    [
      'a 16-bit interlaced PNG just under the pixels allowed',
      createPng({ ...deep, isInterlaced: true }),
    ],
    [
      'a PNG whose rows unpack to 100 MB for one pixel',
      createPng({ ...dot, rows: Buffer.alloc(100_000_000) }),
      'file_malformed',
    ],
    [
      'a text of a PNG that unpacks to 50 MB',
      createPng({ ...dot, chunks: [pngChunk('zTXt', text)] }),
    ],
    ['an ICC profile that does', createPng({ ...dot, chunks: [pngChunk('iCCP', text)] })],
    ['XMP that does', createPng({ ...dot, chunks: [pngChunk('iTXt', xmp)] })],
    ['a column of 60 megapixels', createPng({ width: 1, height: 60_000_000 })],
    ['a line of them', createPng({ width: 60_000_000, height: 1 })],
    ['500 texts of 7 MB each', createPng({ ...dot, chunks: many })],
  ];
}

async function jpegBombs(): Promise<Named[]> {
  const background = '#808080';
  const canvas = { width: 7_000, height: 7_000, channels: 3, background } as const;
  const options = { progressive: true, chromaSubsampling: '4:4:4' } as const;
  const large = await sharp({ create: canvas }).jpeg(options).toBuffer();
  const small = await drawMarker().jpeg({ progressive: true }).toBuffer();
  const comments = Buffer.alloc(20_000_000, Buffer.from([0xff, 0xfe, 0, 2]));
  return [
    ['a JPEG of 820 scans', repeatLastScan(small, 820)],
    ['a progressive JPEG whose coefficients take 300 MB', large],
    ['five million comments', Buffer.concat([small.subarray(0, 2), comments, small.subarray(2)])],
  ];
}

function gifBombs(): Named[] {
  return [
    ['a GIF of 10,000 frames', createGif(100, 100, 10_000)],
    ['a GIF of a million frames', createGif(1, 1, 1_000_000)],
    ['a GIF of 900 frames of 4 megapixels', createGif(2_000, 2_000, 900)],
  ];
}

function tiffBombs(): Named[] {
  const pages = (count: number) => Array.from({ length: count }, () => ONE_PIXEL);
  const tile = withTags([259, 3, 1, 8], [322, 4, 1, 65_536], [323, 4, 1, 65_536]);
  const billions = [4, 0xffffffff, 0xfffffff0] as const;
  const profile = withTags([34_675, 7, 20_000_000, 8]);
  return [
    ['a TIFF of 60,000 directories', createTiff(pages(60_000))],
    ['a tile of 4 gigabytes', createTiff([tile])],
    [
      'four billion strips',
      createTiff([withTags([273, ...billions], [279, ...billions])]),
      'file_malformed',
    ],
    [
      '500 directories that share 20 MB',
      createTiff(
        Array.from({ length: 500 }, () => profile),
        { tail: Buffer.alloc(20_000_000) },
      ),
    ],
  ];
}

async function webpBombs(): Promise<Named[]> {
  const still = await drawMarker().webp({ lossless: true }).toBuffer();
  const picture = still.subarray(12);
  return [
    ['an animated WebP of 10,000 frames', animateWebp(picture, 100, 10_000)],
    ['an animated WebP of 900 frames of 10 megapixels', animateWebp(picture, 3_200, 900)],
  ];
}

/** The still picture's chunk, shown so many times on a square canvas (RFC 9649, 2.7.1). */
function animateWebp(picture: Buffer, edge: number, frames: number): Buffer {
  const extended = Buffer.alloc(10);
  extended[0] = 2;
  extended.writeUIntLE(edge - 1, 4, 3);
  extended.writeUIntLE(edge - 1, 7, 3);
  const head = Buffer.alloc(16);
  head.writeUIntLE(63, 6, 3);
  head.writeUIntLE(47, 9, 3);
  const frame = riffChunk('ANMF', Buffer.concat([head, picture]));
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    riffChunk('VP8X', extended),
    riffChunk('ANIM', Buffer.alloc(6)),
    ...Array.from({ length: frames }, () => frame),
  ]);
  return riffChunk('RIFF', body);
}

function riffChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(type), length, data, Buffer.alloc(data.length % 2)]);
}

/** The size of an AVIF's or HEIC's picture stands in `ispe` (ISO/IEC 23008-12, 6.5.3). */
async function heifBombs(): Promise<Named[]> {
  const avif = await drawMarker().avif().toBuffer();
  return [
    ['an AVIF of 59 megapixels in a few hundred bytes', claimAvifSize(avif, 7_680)],
    ['an AVIF that says 60,000 × 60,000', claimAvifSize(avif, 60_000)],
    ['a HEIC whose grid says 60,000 × 60,000', createHeicGrid(60_000, 1)],
    ['a HEIC whose grid names one tile 40,000 times', createHeicGrid(7_700, 200)],
  ];
}

/** The AVIF, square, whose header claims that edge. */
export function claimAvifSize(avif: Buffer, edge: number): Buffer {
  const claimed = Buffer.from(avif);
  const size = claimed.indexOf('ispe') + 8;
  claimed.writeUInt32BE(edge, size);
  claimed.writeUInt32BE(edge, size + 4);
  return claimed;
}

/** A square grid of so many tiles a side, all of them the same one of 64 × 64 (ISO/IEC 23008-12, 6.6.2.3). */
export function createHeicGrid(edge: number, side: number, claimedEdge = edge): Buffer {
  const heic = readFileSync(new URL('../fixtures/marker-10bit.heic', import.meta.url));
  const size = heic.lastIndexOf('ispe') + 8;
  heic.writeUInt32BE(claimedEdge, size);
  heic.writeUInt32BE(claimedEdge, size + 4);
  const grid = heic.indexOf('idat') + 4;
  heic.set([0, 0, side - 1, side - 1, edge >> 8, edge & 255, edge >> 8, edge & 255], grid);
  const at = heic.indexOf('iref') - 4; // the last box in meta
  const references = Buffer.alloc(12 + 12 + 2 * side ** 2);
  references.write('iref', 4);
  references.write('dimg', 16);
  references.writeUInt32BE(references.length, 0);
  references.writeUInt32BE(references.length - 12, 12);
  references.writeUInt16BE(2, 20); // the grid's item
  references.writeUInt16BE(side ** 2, 22);
  for (let tile = 24; tile < references.length; tile += 2) references.writeUInt16BE(1, tile);
  const growth = references.length - heic.readUInt32BE(at);
  const [meta, tileAt] = [heic.indexOf('meta') - 4, heic.indexOf('iloc') + 18];
  heic.writeUInt32BE(heic.readUInt32BE(meta) + growth, meta);
  heic.writeUInt32BE(heic.readUInt32BE(tileAt) + growth, tileAt);
  return Buffer.concat([
    heic.subarray(0, at),
    references,
    heic.subarray(at + heic.readUInt32BE(at)),
  ]);
}

function bmpBombs(): Named[] {
  const drawing = createBmp({ width: 9, height: 5 }, () => [0, 0, 0], { bits: 8, runs: true });
  const runs = Buffer.alloc(24_000_000, Buffer.from([0xff, 0])); // of 255 pixels, all in the first row
  const rows = drawing.subarray(0, drawing.readUInt32LE(10));
  return [
    ['three gigapixels of runs past the edge', Buffer.concat([rows, runs]), 'file_malformed'],
  ];
}
