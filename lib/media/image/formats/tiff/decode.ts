import type { RawPicture, Sharp } from '../../pixels.ts';
import { encodeLight, XYZ_TO_LIGHT } from '../../srgb.ts';
import type { WalkedFile } from '../picture-format.ts';
import { decodeAway } from '../vips.ts';
import { firstOf, type Tags, TIFF } from './directory.ts';
import type { TiffStructure } from './structure.ts';
import { declareGrey, declareReadable, type TiffVariant } from './variant.ts';
import { redeclareTiff, type TagChanges, writerOf } from './write.ts';

/** Decodes what libvips does not know: libtiff unpacks the bytes, and what they mean is read here. */
export async function decodeTiffVariant(
  sharp: Sharp,
  bytes: Uint8Array,
  variant: TiffVariant,
  tags: Tags,
): Promise<RawPicture> {
  const width = firstOf(tags, TIFF.width, 0);
  const height = firstOf(tags, TIFF.height, 0);
  const read = (changes: TagChanges) => readBytes(sharp, redeclareTiff(bytes, changes));
  if (variant === 'planes') return { ...(await joinPlanes(tags, read)), width, height };
  if (variant === 'first-plane') {
    const strips = Math.ceil(height / firstOf(tags, TIFF.rowsPerStrip, height));
    const data = await read(declareFirstStrips(tags, Math.min(strips, height)));
    return { data, width, height, channels: 1 };
  }
  if (variant === 'twelve-bits') {
    const channels = firstOf(tags, TIFF.samples, 1) === 1 ? 1 : 3;
    const rowBytes = Math.ceil((width * channels * 12) / 8);
    const packed = await read(declareGrey([TIFF.width, [rowBytes]]));
    return { data: unpackTwelve(packed, width * channels, height), width, height, channels };
  }
  const data = await read(declareReadable(variant, tags));
  if (variant === 'lab') labToSrgb(data);
  if (variant === 'ycbcr') ycbcrToRgb(data);
  return { data, width, height, channels: 3 };
}

type Read = (changes: TagChanges) => Promise<Uint8Array<ArrayBuffer>>;

async function readBytes(sharp: Sharp, tiff: Buffer): Promise<Uint8Array<ArrayBuffer>> {
  const picture = sharp(tiff, { failOn: 'error', limitInputPixels: false, ignoreIcc: true });
  const { channels } = await picture.metadata();
  const samples = channels === 1 ? picture.toColourspace('b-w') : picture;
  const { buffer, byteOffset, length } = await samples.raw().toBuffer();
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}

/** The strips of the first plane come first. */
function declareFirstStrips(tags: Tags, strips: number): TagChanges {
  const list = (tag: number) =>
    Array.from({ length: strips }, (_, strip) => tags.get(tag)?.value(strip) ?? 0);
  return declareGrey(
    [TIFF.stripOffsets, list(TIFF.stripOffsets)],
    [TIFF.stripBytes, list(TIFF.stripBytes)],
  );
}

/** The tiles of the first plane come first, then those of the second … (TIFF 6.0, section 15). */
async function joinPlanes(tags: Tags, read: Read) {
  const channels = firstOf(tags, TIFF.samples, 1) === 4 ? 4 : 3;
  const bits = firstOf(tags, TIFF.sampleBits, 8);
  const tiles = Math.floor((tags.get(TIFF.tileOffsets)?.count ?? 0) / channels);
  const listTiles = (tag: number, plane: number) =>
    Array.from({ length: tiles }, (_, tile) => tags.get(tag)?.value(plane * tiles + tile) ?? 0);
  let data = new Uint8Array(0);
  for (let plane = 0; plane < channels; plane += 1) {
    const samples = await read(
      declareGrey(
        [TIFF.sampleBits, [bits]],
        [TIFF.tileOffsets, listTiles(TIFF.tileOffsets, plane)],
        [TIFF.tileBytes, listTiles(TIFF.tileBytes, plane)],
      ),
    );
    if (plane === 0) data = new Uint8Array(samples.length * channels);
    for (let at = 0; at < samples.length; at += 1) data[at * channels + plane] = samples[at] ?? 0;
  }
  return { data, channels } as const;
}

/** The upper 8 of each 12 bits; every row starts at a byte. */
function unpackTwelve(packed: Uint8Array, rowSamples: number, rows: number) {
  const data = new Uint8Array(rowSamples * rows);
  const rowBytes = Math.ceil((rowSamples * 12) / 8);
  for (let row = 0; row < rows; row += 1) {
    for (let sample = 0; sample < rowSamples; sample += 1) {
      const at = row * rowBytes + sample + (sample >> 1);
      const [high = 0, low = 0] = [packed[at], packed[at + 1]];
      data[row * rowSamples + sample] = sample % 2 === 0 ? high : (high << 4) | (low >> 4);
    }
  }
  return data;
}

const [[rx, ry, rz], [gx, gy, gz], [bx, by, bz]] = XYZ_TO_LIGHT;

/** CIE L*a*b* of 8 bits, a and b with a sign, becomes sRGB, in place (TIFF 6.0, section 23; white D50). */
function labToSrgb(data: Uint8Array): void {
  for (let at = 0; at + 2 < data.length; at += 3) {
    const y = ((data[at] ?? 0) / 2.55 + 16) / 116;
    const x = y + signed(data[at + 1] ?? 0) / 500;
    const z = y - signed(data[at + 2] ?? 0) / 200;
    const [X, Y, Z] = [fromLab(x) * 0.9642, fromLab(y), fromLab(z) * 0.8251];
    data[at] = encodeLight(rx * X + ry * Y + rz * Z);
    data[at + 1] = encodeLight(gx * X + gy * Y + gz * Z);
    data[at + 2] = encodeLight(bx * X + by * Y + bz * Z);
  }
}

function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256;
}

function fromLab(value: number): number {
  return value > 6 / 29 ? value ** 3 : (value - 16 / 116) / 7.787;
}

/** Full-range YCbCr of ITU-R BT.601 becomes RGB, in place (TIFF 6.0, section 21). */
function ycbcrToRgb(data: Uint8Array): void {
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 2 < data.length; at += 3) {
    const [luma, blue, red] = [data[at] ?? 0, (data[at + 1] ?? 0) - 128, (data[at + 2] ?? 0) - 128];
    clamped[at] = luma + 1.402 * red;
    clamped[at + 1] = luma - 0.344136 * blue - 0.714136 * red;
    clamped[at + 2] = luma + 1.772 * blue;
  }
}

/** Pixels of later pages that are decoded only to see whether they can be: as many as of the largest picture. */
const MAX_CHECKED_PIXELS = 60_000_000;

/**
 * Decodes the later pages of a TIFF and keeps nothing of them, up to so many pixels; rejects where one is
 * damaged. Each is made the first and only page of a copy, for to reach a page libtiff reads all before it.
 */
export async function checkLaterPages(
  sharp: Sharp,
  { bytes, structure: { tiff, laterPages } }: WalkedFile<TiffStructure>,
): Promise<void> {
  const copy = Buffer.from(bytes);
  const write = writerOf(copy, bytes[0] === 0x49);
  const [headBytes, offsetBytes] = tiff.isBig ? [8, 8] : [4, 4];
  let pixels = 0;
  for (const page of laterPages) {
    pixels += page.pixels;
    if (pixels > MAX_CHECKED_PIXELS) return;
    if (!page.isPlain) continue;
    write(headBytes, page.at, offsetBytes);
    write(page.end, 0, offsetBytes);
    const limitInputPixels = MAX_CHECKED_PIXELS;
    await decodeAway(
      sharp(copy, { failOn: 'error', limitInputPixels, ignoreIcc: true }),
      'nearest',
    );
  }
}
