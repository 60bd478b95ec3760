import { ServiceError } from '../../../../errors.ts';
import type { RawPicture } from '../../pixels.ts';
import { type BmpHeader, readBmpHeader } from './header.ts';
import { unpackRuns } from './runs.ts';

/**
 * Decodes a BMP whose size was checked before. Rows that are not there make it `file_malformed`;
 * there is no checksum that would tell of other damage.
 */
export function decodeBmp(bytes: Uint8Array): RawPicture {
  const header = readBmpHeader(bytes);
  if (!header) throw new ServiceError('file_malformed');
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

/** How the bits of a mask become 0–255. */
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
