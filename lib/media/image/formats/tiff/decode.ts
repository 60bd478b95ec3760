import type { RawPicture } from '../../pixels.ts';
import { labToSrgb, ycbcrToRgb } from '../../sample-colours.ts';
import type { Sharp } from '../../sharp.ts';
import { openTiff, readDirectory, TIFF, type TiffDirectory } from './directory.ts';
import {
  declareGrey,
  declareReadable,
  type FirstPage,
  findUnsupported,
  firstOf,
  nameVariant,
} from './variant.ts';
import { redeclareTiff, type TagChanges, writerOf } from './write.ts';

/** Decodes what libvips does not know: libtiff unpacks the bytes, and what they mean is read here. */
export async function decodeTiffVariant(
  sharp: Sharp,
  bytes: Uint8Array,
  page: FirstPage,
): Promise<RawPicture> {
  const { variant, tags } = page;
  const width = firstOf(tags, TIFF.width, 0);
  const height = firstOf(tags, TIFF.height, 0);
  const read = (changes: TagChanges) => readBytes(sharp, redeclareTiff(bytes, changes));
  if (variant === 'planes') return { ...(await joinPlanes(page, read)), width, height };
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
  const data = await read(declareReadable(page));
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
function declareFirstStrips(tags: FirstPage['tags'], strips: number): TagChanges {
  const list = (tag: number) =>
    Array.from({ length: strips }, (_, strip) => tags.get(tag)?.value(strip) ?? 0);
  return declareGrey(
    [TIFF.stripOffsets, list(TIFF.stripOffsets)],
    [TIFF.stripBytes, list(TIFF.stripBytes)],
  );
}

/** The tiles of the first plane come first, then those of the second … (TIFF 6.0, section 15). */
async function joinPlanes({ tags }: FirstPage, read: Read) {
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

/** Pixels of later pages that are decoded only to see whether they can be: as many as of the largest picture. */
const MAX_CHECKED_PIXELS = 60_000_000;
const COMPRESSIONS = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946];
const THROWN_AWAY_PIXELS = 8;

/**
 * Decodes the later pages of a TIFF and keeps nothing of them, up to so many pixels; rejects where one is
 * damaged. Each is made the first and only page of a copy, for to reach a page libtiff reads all before it.
 */
export async function checkTiffPages(sharp: Sharp, bytes: Uint8Array): Promise<void> {
  const tiff = openTiff(bytes);
  const copy = Buffer.from(bytes);
  const write = writerOf(copy, bytes[0] === 0x49);
  const [headBytes, offsetBytes] = tiff.isBig ? [8, 8] : [4, 4];
  let pixels = 0;
  for (const { at, page } of listLaterPages(tiff)) {
    pixels += firstOf(page.tags, TIFF.width, 0) * firstOf(page.tags, TIFF.height, 0);
    if (pixels > MAX_CHECKED_PIXELS) return;
    if (!isPlain(page)) continue;
    write(headBytes, at, offsetBytes);
    write(page.end, 0, offsetBytes);
    await sharp(copy, { failOn: 'error', limitInputPixels: MAX_CHECKED_PIXELS, ignoreIcc: true })
      .resize(THROWN_AWAY_PIXELS, THROWN_AWAY_PIXELS, { fit: 'fill', kernel: 'nearest' })
      .raw()
      .toBuffer();
  }
}

/** The gate has walked them already, and bounded their number. */
function* listLaterPages(tiff: ReturnType<typeof openTiff>) {
  const seen = new Set([tiff.first]);
  let at = readDirectory(tiff, tiff.first)?.next ?? 0;
  while (at > 0 && !seen.has(at)) {
    const page = readDirectory(tiff, at);
    if (!page) return;
    seen.add(at);
    yield { at, page };
    at = page.next;
  }
}

/** Of a kind that libvips reads as it is: of others nobody here can say whether they are damaged. */
function isPlain({ tags }: TiffDirectory): boolean {
  const isKnown = COMPRESSIONS.includes(firstOf(tags, TIFF.compression, 1));
  return isKnown && nameVariant(tags) === undefined && findUnsupported(tags) === undefined;
}
