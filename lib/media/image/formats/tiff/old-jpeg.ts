import { MARKER, walkMarkers } from '../jpeg/markers.ts';
import { firstOf, OLD_JPEG, type Tags, TIFF } from './directory.ts';

const START = [0xff, 0xd8, 0xff];
const SEQUENTIAL: readonly number[] = [MARKER.SOF_BASELINE, MARKER.SOF_EXTENDED];
const BLOCK_PLACES = 64;

/**
 * The JPEG that a TIFF of old-style JPEG compression holds, for a decoder of JPEG to read: whole, as most do,
 * or put together from its pieces (TIFF 6.0, section 22). Undefined where it lies in many strips or tiles.
 */
export function findOldJpeg(bytes: Uint8Array, tags: Tags): Uint8Array | undefined {
  if (firstOf(tags, TIFF.compression, 1) !== OLD_JPEG) return undefined;
  const offsets = tags.get(TIFF.tileOffsets) ?? tags.get(TIFF.stripOffsets);
  if (firstOf(tags, TIFF.orientation, 1) !== 1 || offsets?.count !== 1) return undefined;
  return cutWhole(bytes, tags, offsets.value(0)) ?? joinOldJpeg(bytes, tags);
}

/** Its strip is the whole JPEG, or its coded data within. */
function cutWhole(bytes: Uint8Array, tags: Tags, strip: number) {
  const start = firstOf(tags, TIFF.oldJpegAt, 0);
  const stripBytes = firstOf(tags, TIFF.stripBytes, 0);
  const end = Math.max(strip + stripBytes, start + firstOf(tags, TIFF.oldJpegBytes, 0));
  const isStart = START.every((byte, index) => bytes[start + index] === byte);
  return isStart && start <= strip && end > start && end <= bytes.length
    ? nameAllPlaces(bytes.subarray(start, end))
    : undefined;
}

/** Old writers left out which places of a block a scan holds, which in a JPEG of one scan is all of them. */
function nameAllPlaces(jpeg: Uint8Array): Uint8Array {
  const { segments } = walkMarkers(jpeg);
  const scan = segments.find(({ marker }) => marker === MARKER.SOS);
  if (!scan || !segments.some(({ marker }) => SEQUENTIAL.includes(marker))) return jpeg;
  const named = Uint8Array.from(jpeg);
  named.set([0, BLOCK_PLACES - 1, 0], scan.end - 3);
  return named;
}

const YCBCR = 6;
const QUANTISATION_BYTES = 64;
const COUNTS_BYTES = 16;
const BLOCK_EDGE = 8;

/**
 * A JPEG of the pieces that the tags of old-style compression point to: tables for each component, and the
 * coded data of one strip or tile (TIFF 6.0, section 22; ITU-R T.81, annex B). Undefined where one is missing.
 */
function joinOldJpeg(bytes: Uint8Array, tags: Tags): Buffer | undefined {
  const samples = firstOf(tags, TIFF.samples, 1);
  if (samples !== 3 || firstOf(tags, TIFF.photometric, 0) !== YCBCR || !isOneBlock(tags))
    return undefined;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = [0, 1, 2].flatMap((index) => listTables(file, tags, index));
  const at = firstOf(tags, TIFF.tileOffsets, firstOf(tags, TIFF.stripOffsets, 0));
  const end = at + firstOf(tags, TIFF.tileBytes, firstOf(tags, TIFF.stripBytes, 0));
  if (tables.length < 9 || end > file.length || end === at) return undefined;
  return Buffer.concat([
    Buffer.from([0xff, MARKER.SOI]),
    ...tables,
    segment(MARKER.DRI, half(firstOf(tags, TIFF.oldJpegInterval, 0))),
    segment(MARKER.SOF_EXTENDED, describeFrame(tags)),
    segment(MARKER.SOS, Buffer.from([3, 1, 0, 2, 0x11, 3, 0x22, 0, 63, 0])),
    file.subarray(at, end),
    Buffer.from([0xff, MARKER.EOI]),
  ]);
}

/** A tile is larger than the picture; a decoder of JPEG expects no more blocks than the picture fills. */
function isOneBlock(tags: Tags): boolean {
  const width = firstOf(tags, TIFF.width, 0);
  const height = firstOf(tags, TIFF.height, 0);
  const { across, down } = sampling(tags);
  const fills = (pixels: number, tile: number, edge: number) =>
    Math.ceil(pixels / edge) === Math.ceil(tile / edge);
  return (
    fills(width, firstOf(tags, TIFF.tileWidth, width), BLOCK_EDGE * across) &&
    fills(height, firstOf(tags, TIFF.tileHeight, height), BLOCK_EDGE * down)
  );
}

function sampling(tags: Tags) {
  const value = (index: number) => tags.get(TIFF.subsampling)?.value(index) || 2;
  return { across: value(0), down: value(1) };
}

function listTables(file: Buffer, tags: Tags, index: number): Buffer[] {
  const place = (tag: number) => tags.get(tag)?.value(index) ?? 0;
  const quantisation = place(TIFF.oldJpegQuantisation);
  if (quantisation === 0) return [];
  return [
    segment(MARKER.DQT, Buffer.from([index]), cut(file, quantisation, QUANTISATION_BYTES)),
    segment(MARKER.DHT, Buffer.from([index]), cutCodes(file, place(TIFF.oldJpegDc))),
    segment(MARKER.DHT, Buffer.from([0x10 | index]), cutCodes(file, place(TIFF.oldJpegAc))),
  ];
}

function cutCodes(file: Buffer, at: number): Buffer {
  const symbols = cut(file, at, COUNTS_BYTES).reduce((sum, count) => sum + count, 0);
  return cut(file, at, COUNTS_BYTES + symbols);
}

function cut(file: Buffer, at: number, length: number): Buffer {
  return file.subarray(at, at + length);
}

function describeFrame(tags: Tags): Buffer {
  const { across, down } = sampling(tags);
  const size = [half(firstOf(tags, TIFF.height, 0)), half(firstOf(tags, TIFF.width, 0))];
  const components = [3, 1, (across << 4) | (down & 15), 0, 2, 0x11, 1, 3, 0x11, 2];
  return Buffer.concat([Buffer.from([8]), ...size, Buffer.from(components)]);
}

function segment(marker: number, ...parts: Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0xff, marker]), half(data.length + 2), data]);
}

function half(value: number): Buffer {
  return Buffer.from([(value >> 8) & 255, value & 255]);
}
