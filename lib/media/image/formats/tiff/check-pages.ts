import type { Sharp } from '../../sharp.ts';
import { openTiff, readDirectory, type TiffDirectory } from './directory.ts';
import { writerOf } from './redeclare.ts';
import { TIFF } from './tags.ts';
import { findUnsupported, firstOf, nameVariant } from './variant.ts';

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
