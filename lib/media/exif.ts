const GPS_TAG = 0x8825;
const EXIF_TAG = 0x8769;
const ENTRY_BYTES = 12;
/** JPEG and WebP put this before the TIFF structure that EXIF is. */
const PREFIX = 'Exif\0\0';

/** What the first directory of EXIF data, or of a TIFF file, points to. Never throws. */
export function readExifKinds(data: Uint8Array): { exif: boolean; gps: boolean } {
  const tags = readTags(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return { exif: tags.has(EXIF_TAG), gps: tags.has(GPS_TAG) };
}

function readTags(data: Buffer): Set<number> {
  const tiff = data.toString('latin1', 0, 6) === PREFIX ? data.subarray(PREFIX.length) : data;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const read = (at: number, size: 2 | 4) => {
    if (at < 0 || at + size > tiff.length) return 0;
    return isLittle ? tiff.readUIntLE(at, size) : tiff.readUIntBE(at, size);
  };
  const directory = read(4, 4);
  const entries = Math.floor(Math.min(read(directory, 2), tiff.length / ENTRY_BYTES));
  return new Set(
    Array.from({ length: entries }, (_, index) => read(directory + 2 + index * ENTRY_BYTES, 2)),
  );
}
