/** Where the boxes of a still AVIF's picture stand, by their four letters. */
function boxOf(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type) - 4;
  return file.subarray(at, at + file.readUInt32BE(at));
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([word(8 + data.length), Buffer.from(type), data]);
}

function word(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
}

/**
 * A sequence alone, without a still picture (ISO/IEC 14496-12): the coded pictures of still AVIFs or HEICs
 * of one size, `codec` and `configuration` named as they are in theirs.
 */
export function createSequence(
  stills: readonly Buffer[],
  { width, height }: { width: number; height: number },
  [brand, codec, configuration] = ['avis', 'av01', 'av1C'],
): Buffer {
  const frames = stills.map((still) => boxOf(still, 'mdat').subarray(8));
  const entry = Buffer.alloc(78);
  entry.writeUInt16BE(width, 24);
  entry.writeUInt16BE(height, 26);
  const configured = boxOf(stills[0] ?? Buffer.alloc(0), configuration);
  const head = box('ftyp', Buffer.from(brand), word(0), Buffer.from(`msf1${brand}`));
  const lengths = frames.map(({ length }) => length);
  const write = (at: number) =>
    nest(
      ['moov', 'trak', 'mdia', 'minf', 'stbl'],
      box('stsd', word(0, 1), box(codec, entry, configured)),
      box('stsc', word(0, 2, 1, 1, 1, 2, lengths.length - 1, 1)),
      box('stsz', word(0, 0, lengths.length, ...lengths)),
      box('stco', word(0, 2, at, at + (lengths[0] ?? 0))),
    );
  const at = head.length + write(0).length + 8;
  return Buffer.concat([head, write(at), box('mdat', ...frames)]);
}

function nest([outer, ...path]: readonly string[], ...inner: Buffer[]): Buffer {
  return outer === undefined ? Buffer.concat(inner) : box(outer, nest(path, ...inner));
}
