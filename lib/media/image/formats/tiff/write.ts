const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const RGB = 2;
/** Of the four channels the last is alpha, not premultiplied. */
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
