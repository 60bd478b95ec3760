import { ServiceError } from '../../../../errors.ts';
import type { BmpHeader } from './header.ts';

const END_OF_ROW = 0;
const END_OF_PICTURE = 1;
const MOVE = 2;

interface Pen {
  x: number;
  y: number;
  /** How many pixels are left in this row. */
  room(): number;
  put(index: number): void;
}

/**
 * RLE4 and RLE8 (Microsoft, "Bitmap Compression"), as an index into the palette for each pixel, top row
 * first. Skipped pixels get the first colour; what is drawn past an edge is dropped.
 */
export function unpackRuns(header: BmpHeader, bytes: Uint8Array): Uint8Array {
  const { width, height, bitsPerPixel } = header;
  const indices = new Uint8Array(width * height);
  const pen = createPen(header, indices);
  let at = header.pixelsAt;
  while (at + 1 < bytes.length && pen.y < height) {
    const count = bytes[at] ?? 0;
    const value = bytes[at + 1] ?? 0;
    at += 2;
    if (count > 0) putRun(pen, count, value, bitsPerPixel);
    else if (value === END_OF_PICTURE) return indices;
    else at += escapeRun(pen, value, bytes.subarray(at), bitsPerPixel);
  }
  const isWhole = pen.y >= height || (pen.y === height - 1 && pen.x >= width);
  if (isWhole) return indices; // but for the mark of its end
  throw new ServiceError('file_malformed', 'The BMP is cut off.');
}

function createPen({ width, height, isTopDown }: BmpHeader, indices: Uint8Array): Pen {
  const pen: Pen = {
    x: 0,
    y: 0,
    room: () => Math.max(0, width - pen.x),
    put(index) {
      const row = isTopDown ? pen.y : height - 1 - pen.y;
      indices[row * width + pen.x] = index;
      pen.x += 1;
    },
  };
  return pen;
}

/** One pixel again and again; of four bits, two by turns. A file of runs past the edge costs its bytes, no more. */
function putRun(pen: Pen, count: number, value: number, bits: number): void {
  const drawn = Math.min(count, pen.room());
  for (let index = 0; index < drawn; index += 1) pen.put(pick(value, index, bits));
}

/** Answers how many bytes it took. */
function escapeRun(pen: Pen, code: number, rest: Uint8Array, bits: number): number {
  if (code === END_OF_ROW) {
    pen.x = 0;
    pen.y += 1;
    return 0;
  }
  if (code === MOVE) {
    pen.x += rest[0] ?? 0;
    pen.y += rest[1] ?? 0;
    return 2;
  }
  const perByte = 8 / bits;
  const drawn = Math.min(code, pen.room());
  for (let index = 0; index < drawn; index += 1)
    pen.put(pick(rest[Math.floor(index / perByte)] ?? 0, index, bits));
  return Math.ceil(Math.ceil(code / perByte) / 2) * 2; // padded to words
}

function pick(value: number, index: number, bits: number): number {
  if (bits === 8) return value;
  return index % 2 === 0 ? value >> 4 : value & 15;
}
