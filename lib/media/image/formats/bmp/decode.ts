import { ServiceError } from '../../../../errors.ts';
import type { RawPicture } from '../../pixels.ts';
import type { BmpHeader } from './header.ts';

/**
 * Decodes a BMP whose size was checked before. Rows that are not there make it `file_malformed`;
 * there is no checksum that would tell of other damage.
 */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): RawPicture {
  const { width, height } = header;
  const channels = header.masks[3] === 0 || header.bitsPerPixel < 16 ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  if (header.isRunLength) paintIndices(data, header, bytes);
  else copyRows(data, header, bytes, channels);
  return { data: channels === 4 ? dropEmptyAlpha(data) : data, width, height, channels };
}

function copyRows(data: Uint8Array, header: BmpHeader, bytes: Uint8Array, channels: 3 | 4): void {
  const { width, height, bitsPerPixel, pixelsAt } = header;
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4;
  // The last row's filler is often left out.
  const needed = pixelsAt + rowBytes * (height - 1) + Math.ceil((width * bitsPerPixel) / 8);
  if (needed > bytes.length) throw new ServiceError('file_malformed', 'The BMP is cut off.');
  const copyRow = rowReader(header, bytes);
  for (let row = 0; row < height; row += 1) {
    const y = header.isTopDown ? row : height - 1 - row;
    copyRow(data, y * width * channels, pixelsAt + row * rowBytes);
  }
}

type CopyRow = (data: Uint8Array, to: number, from: number) => void;

function rowReader(header: BmpHeader, bytes: Uint8Array): CopyRow {
  if (header.bitsPerPixel <= 8) return paletteRowReader(header, bytes);
  return header.bitsPerPixel === 24 ? plainRowReader(header, bytes) : maskRowReader(header, bytes);
}

function paletteRowReader(header: BmpHeader, bytes: Uint8Array): CopyRow {
  const { width, bitsPerPixel: bits } = header;
  const colours = readPalette(header, bytes);
  const last = 2 ** bits - 1;
  return (data, to, from) => {
    for (let x = 0; x < width; x += 1) {
      const bit = x * bits;
      const index = ((bytes[from + (bit >> 3)] ?? 0) >> (8 - bits - (bit & 7))) & last;
      paint(data, to + x * 3, colours, index);
    }
  };
}

function paint(data: Uint8Array, at: number, colours: Uint8Array, index: number): void {
  data[at] = colours[index * 3] ?? 0;
  data[at + 1] = colours[index * 3 + 1] ?? 0;
  data[at + 2] = colours[index * 3 + 2] ?? 0;
}

function paintIndices(data: Uint8Array, header: BmpHeader, bytes: Uint8Array): void {
  const colours = readPalette(header, bytes);
  const indices = unpackRuns(header, bytes);
  for (let at = 0; at < indices.length; at += 1) paint(data, at * 3, colours, indices[at] ?? 0);
}

function plainRowReader({ width }: BmpHeader, bytes: Uint8Array): CopyRow {
  return (data, to, from) => {
    for (let at = 0; at < width * 3; at += 3) {
      data[to + at] = bytes[from + at + 2] ?? 0;
      data[to + at + 1] = bytes[from + at + 1] ?? 0;
      data[to + at + 2] = bytes[from + at] ?? 0;
    }
  };
}

function maskRowReader({ width, bitsPerPixel, masks }: BmpHeader, bytes: Uint8Array): CopyRow {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWide = bitsPerPixel === 32;
  const channels = masks.filter((mask, index) => index < 3 || mask !== 0).map(describeMask);
  return (data, to, from) => {
    let out = to;
    for (let x = 0; x < width; x += 1) {
      const pixel = isWide
        ? view.getUint32(from + x * 4, true)
        : view.getUint16(from + x * 2, true);
      for (const { mask, shift, scale } of channels) {
        data[out] = ((pixel & mask) >>> shift) * scale + 0.5;
        out += 1;
      }
    }
  };
}

/** The shift and scale that turn the bits of a mask into 0–255. */
function describeMask(mask: number) {
  const shift = mask === 0 ? 0 : Math.clz32(1) - Math.clz32(mask & -mask);
  return { mask, shift, scale: mask === 0 ? 0 : 255 / (mask >>> shift) };
}

function readPalette({ palette }: BmpHeader, bytes: Uint8Array): Uint8Array {
  const colours = new Uint8Array(256 * 3);
  for (let index = 0; index < palette.count; index += 1) {
    const at = palette.at + index * palette.entryBytes;
    colours.set([bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0], index * 3);
  }
  return colours;
}

/** Many programs leave the alpha of 32 bits at zero and mean a picture, not nothing. */
function dropEmptyAlpha(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let isEmpty = true;
  for (let at = 3; at < data.length && isEmpty; at += 4) isEmpty = data[at] === 0;
  if (isEmpty) for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return data;
}

const END_OF_ROW = 0;
const END_OF_PICTURE = 1;
const MOVE = 2;

interface Pen {
  x: number;
  y: number;
  /** Pixels that are left in this row. */
  room(): number;
  put(index: number): void;
}

/**
 * RLE4 and RLE8 (Microsoft, "Bitmap Compression"), as an index into the palette for each pixel, top row
 * first. Skipped pixels get the first colour; what is drawn past an edge is dropped.
 */
function unpackRuns(header: BmpHeader, bytes: Uint8Array): Uint8Array {
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
