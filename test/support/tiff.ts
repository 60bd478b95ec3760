/** Tag, type, count, and the value or where it stands. */
export type TiffEntry = readonly [tag: number, type: number, count: number, value: number];

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;

/** One grey pixel, which stands in the header's own first byte. */
export const ONE_PIXEL: readonly TiffEntry[] = [
  [256, 3, 1, 1],
  [257, 3, 1, 1],
  [258, 3, 1, 8],
  [259, 3, 1, 1],
  [262, 3, 1, 1],
  [273, 4, 1, 0],
  [277, 3, 1, 1],
  [278, 3, 1, 1],
  [279, 4, 1, 1],
];

/** The entries with some of them replaced or added, in the order that TIFF wants. */
export function withTags(...changes: TiffEntry[]): TiffEntry[] {
  const tags = new Map([...ONE_PIXEL, ...changes].map((entry) => [entry[0], entry]));
  return [...tags.values()].toSorted(([a], [b]) => a - b);
}

/** A little-endian TIFF of those directories, one behind the other; `last` points on from the last one. */
export function createTiff(
  directories: readonly (readonly TiffEntry[])[],
  { last = 0, tail = Buffer.alloc(0) }: { last?: number; tail?: Buffer } = {},
): Buffer {
  const header = Buffer.from('II*\0\x08\0\0\0', 'latin1');
  const parts = [header];
  let at = HEADER_BYTES;
  directories.forEach((entries, index) => {
    const bytes = Buffer.alloc(2 + entries.length * ENTRY_BYTES + 4);
    at += bytes.length;
    bytes.writeUInt16LE(entries.length, 0);
    entries.forEach(([tag, type, count, value], entry) => {
      const start = 2 + entry * ENTRY_BYTES;
      bytes.writeUInt16LE(tag, start);
      bytes.writeUInt16LE(type, start + 2);
      bytes.writeUInt32LE(count, start + 4);
      bytes.writeUInt32LE(value, start + 8);
    });
    bytes.writeUInt32LE(index === directories.length - 1 ? last : at, bytes.length - 4);
    parts.push(bytes);
  });
  return Buffer.concat([...parts, tail]);
}
