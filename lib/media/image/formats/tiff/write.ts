import { openTiff } from './directory.ts';

const LONG = 4;
const LONG_BYTES = 4;

/** The new values of tags; undefined takes one out. */
export type TagChanges = ReadonlyMap<number, readonly number[] | undefined>;

/**
 * A copy of the TIFF with a first page of other tags; what they describe stays where it is. The old
 * directory stays too, and nothing points to it. Numbers are written as LONG, which readers take for SHORT.
 */
export function redeclareTiff(bytes: Uint8Array, changes: TagChanges): Buffer {
  const { isBig, first, length, read } = openTiff(bytes);
  const [countBytes, entryBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const entries = [...listKept(), ...listAdded(changes)].toSorted((a, b) => a.tag - b.tag);
  const at = length + (length % 2);
  const listsAt = at + countBytes + entries.length * entryBytes + offsetBytes;
  const listBytes = entries.reduce((sum, { list = [] }) => sum + list.length * LONG_BYTES, 0);
  const file = Buffer.alloc(listsAt + listBytes);
  const write = writerOf(file, bytes[0] === 0x49);
  file.set(bytes);
  write(isBig ? 8 : 4, at, offsetBytes);
  write(at, entries.length, countBytes);
  entries.reduce(writeEntry, { entry: at + countBytes, free: listsAt });
  return file;

  function listKept() {
    const all = Array.from({ length: read(first, countBytes) }, (_, index) => {
      const from = first + countBytes + index * entryBytes;
      return { tag: read(from, 2), from, list: undefined };
    });
    return all.filter(({ tag }) => !changes.has(tag));
  }

  function writeEntry({ entry, free }: Places, { tag, from, list }: Entry): Places {
    const next = entry + entryBytes;
    if (!list) {
      file.copyWithin(entry, from, from + entryBytes);
      return { entry: next, free };
    }
    const field = entry + 4 + offsetBytes;
    const isInside = list.length * LONG_BYTES <= offsetBytes;
    write(entry, tag, 2);
    write(entry + 2, LONG, 2);
    write(entry + 4, list.length, offsetBytes);
    if (!isInside) write(field, free, offsetBytes);
    const start = isInside ? field : free;
    for (const [index, value] of list.entries())
      write(start + index * LONG_BYTES, value, LONG_BYTES);
    return { entry: next, free: isInside ? free : free + list.length * LONG_BYTES };
  }
}

interface Entry {
  tag: number;
  /** The place of an entry that stays as it is. */
  from: number;
  list?: readonly number[] | undefined;
}

/** The places for the next entry, and for the next list that does not fit into one. */
interface Places {
  entry: number;
  free: number;
}

function listAdded(changes: TagChanges): Entry[] {
  return [...changes].flatMap(([tag, list]) => (list ? [{ tag, from: 0, list }] : []));
}

export function writerOf(file: Buffer, isLittle: boolean) {
  return (at: number, value: number, size: number): void => {
    if (size === 8 && isLittle) file.writeBigUInt64LE(BigInt(value), at);
    else if (size === 8) file.writeBigUInt64BE(BigInt(value), at);
    else if (isLittle) file.writeUIntLE(value, at, size);
    else file.writeUIntBE(value, at, size);
  };
}

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const SHORT = 3;
const UNDEFINED = 7;
const RGB = 2;
/** The last of four channels is alpha, not premultiplied. */
const UNASSOCIATED_ALPHA = 2;

interface Layout {
  width: number;
  height: number;
  channels: number;
}

/** A TIFF of 8-bit pixels in one strip, with its ICC profile (TIFF 6.0; ICC.1, annex B). */
export function writeTiff(pixels: Uint8Array, layout: Layout, profile: Uint8Array): Buffer {
  const { width, height, channels } = layout;
  const bits = Buffer.alloc(2 * channels);
  for (let channel = 0; channel < channels; channel += 1) bits.writeUInt16LE(8, 2 * channel);
  const bitsAt = HEADER_BYTES;
  const profileAt = bitsAt + bits.length;
  const pixelsAt = profileAt + profile.length + (profile.length % 2);
  const directoryAt = pixelsAt + pixels.length + (pixels.length % 2);
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, bitsAt],
    [259, SHORT, 1, 1], // not compressed
    [262, SHORT, 1, RGB],
    [273, LONG, 1, pixelsAt],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, pixels.length],
    ...(channels === 4 ? [[338, SHORT, 1, UNASSOCIATED_ALPHA] satisfies number[]] : []),
    [34675, UNDEFINED, profile.length, profileAt],
  ] as [number, number, number, number][];
  const file = Buffer.alloc(directoryAt + 2 + entries.length * ENTRY_BYTES + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directoryAt, 4);
  file.set(bits, bitsAt);
  file.set(profile, profileAt);
  file.set(pixels, pixelsAt);
  file.writeUInt16LE(entries.length, directoryAt);
  entries.forEach(([tag, type, count, value], index) => {
    const at = directoryAt + 2 + index * ENTRY_BYTES;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8); // a SHORT stands in its first half, little-endian
  });
  return file;
}
