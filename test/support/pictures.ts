import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export type Colour = readonly [number, number, number];

/** Corners of the marker picture: top left, top right, bottom left, bottom right. */
export const CORNERS: readonly Colour[] = [
  [220, 30, 30],
  [30, 200, 30],
  [30, 30, 220],
  [240, 240, 240],
];
export const MARKER = { width: 64, height: 48 };

/** Where in the upright picture a stored pixel belongs, by TIFF 6.0's table of the Orientation tag. */
const UPRIGHT: Record<number, (x: number, y: number, w: number, h: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, w) => [w - 1 - y, x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, _, h) => [y, h - 1 - x],
};

/** Four coloured quarters, stored the way a camera held at that orientation stores them. */
export function drawMarker(orientation = 1): Sharp {
  const { width: w, height: h } = MARKER;
  const isTurned = orientation >= 5;
  const [width, height] = isTurned ? [h, w] : [w, h];
  const place = UPRIGHT[orientation];
  if (!place) throw new RangeError(`no orientation ${orientation}`);
  const pixels = Array.from({ length: width * height }, (_, index) => {
    const [x, y] = place(index % width, Math.floor(index / width), w, h);
    return CORNERS[(x < w / 2 ? 0 : 1) + (y < h / 2 ? 0 : 2)] ?? [0, 0, 0];
  });
  const raw = { width, height, channels: 3 } as const;
  const drawing = sharp(Uint8Array.from(pixels.flat()), { raw });
  return orientation === 1 ? drawing : drawing.withMetadata({ orientation });
}

/** The colours in the middle of the four quarters. */
export async function readCorners(picture: Uint8Array): Promise<Colour[]> {
  const image = sharp(picture).removeAlpha().toColourspace('srgb').raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return [0, 1, 2, 3].map((corner) => {
    const x = Math.floor(info.width * (corner % 2 ? 0.75 : 0.25));
    const y = Math.floor(info.height * (corner < 2 ? 0.25 : 0.75));
    const at = (y * info.width + x) * info.channels;
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
  });
}

/** A real PNG of one bit a pixel, all black: megapixels for a few kilobytes. */
export function createBlackPng(width: number, height: number): Buffer {
  return createPng({ width, height });
}

interface PngParts {
  width: number;
  height: number;
  /** Bits a sample, and the colour type: 0 grey, 2 RGB, 6 RGBA. */
  depth?: number;
  colour?: number;
  isInterlaced?: boolean;
  /** Before they are packed; black ones of one bit a pixel where none are given. */
  rows?: Buffer;
  /** More chunks, in front of the rows. */
  chunks?: Buffer[];
}

/** A PNG put together by hand, whatever is in it. */
export function createPng(parts: PngParts): Buffer {
  const { width, height, depth = 1, colour = 0, isInterlaced = false, chunks = [] } = parts;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, isInterlaced ? 1 : 0], 8);
  const rows = parts.rows ?? Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A chunk with its length and its right checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A GIF of that canvas with so many frames of one pixel, 15 bytes each. */
export function createGif(width: number, height: number, frames: number): Buffer {
  const header = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  header.writeUInt16LE(width, 6);
  header.writeUInt16LE(height, 8);
  const frame = Buffer.from('2c00000000010001000002024401' + '00', 'hex');
  return Buffer.concat([header, ...Array.from({ length: frames }, () => frame), Buffer.from(';')]);
}

/** The JPEG with its last scan written so many times over. */
export function repeatLastScan(jpeg: Buffer, times: number): Buffer {
  const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
  const copies = Array.from({ length: times }, () => scan);
  return Buffer.concat([jpeg.subarray(0, -2), ...copies, jpeg.subarray(-2)]);
}

/** The JPEG whose header claims that size (SOF0 or SOF2). */
export function claimJpegSize(jpeg: Buffer, width: number, height: number): Buffer {
  const claimed = Buffer.from(jpeg);
  const frame = Math.max(
    claimed.indexOf(Buffer.from([0xff, 0xc0])),
    claimed.indexOf(Buffer.from([0xff, 0xc2])),
  );
  claimed.writeUInt16BE(height, frame + 5);
  claimed.writeUInt16BE(width, frame + 7);
  return claimed;
}

/** The JPEG with one more segment at its start: APPn, COM. */
export function insertSegment(jpeg: Buffer, marker: number, content: string): Buffer {
  const data = Buffer.from(content, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length + 2);
  const segment = Buffer.concat([Buffer.from([0xff, marker]), length, data]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

let marks = 0;

/** The same picture in other bytes than ever before, always as many: a comment with a number goes into the JPEG. */
export function markJpeg(jpeg: Uint8Array): Buffer {
  marks += 1;
  const comment = Buffer.from(`${process.pid}-${marks}`.padStart(20, '0'));
  const marker = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, comment, jpeg.subarray(2)]);
}
