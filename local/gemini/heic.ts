/** Brands of HEIF with HEVC inside; `avif` is not among what Gemini takes. ISO/IEC 23008-12. */
const BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);

/**
 * Size in pixels of a HEIC or HEIF picture, read from its `ispe` boxes (the largest: the others are
 * tiles and thumbnails), because sharp's prebuilt libvips cannot decode HEVC. Undefined for other bytes.
 */
export function findHeicSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  if (!BRANDS.has(bytes.toString('latin1', 8, 12))) return undefined;
  let largest: { width: number; height: number } | undefined;
  // Box: four letters, version and flags (4 bytes), width, height.
  for (let at = bytes.indexOf('ispe'); at >= 0; at = bytes.indexOf('ispe', at + 4)) {
    if (at + 16 > bytes.length) break;
    const size = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    if (size.width * size.height > (largest ? largest.width * largest.height : 0)) largest = size;
  }
  return largest;
}
