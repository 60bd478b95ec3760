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

/** Two still AVIFs in one file, the second of them its primary picture (ISO/IEC 23008-12, 6). */
export function createPair(stills: readonly [Buffer, Buffer]): Buffer {
  const data = stills.map((still) => boxOf(still, 'mdat').subarray(8));
  const [size, configuration] = ['ispe', 'av1C'].map((type) => boxOf(stills[0], type));
  const properties = [size, configuration].map((one) => one ?? Buffer.alloc(0));
  const head = box('ftyp', Buffer.from('avif'), word(0), Buffer.from('mif1avif'));
  const both = (write: (item: Buffer, index: number) => Buffer) =>
    Buffer.concat([0, 1].map((index) => write(Buffer.from([0, index + 1]), index)));
  const write = (start: number) =>
    box(
      'meta',
      word(0),
      box('hdlr', word(0, 0), Buffer.from('pict'), Buffer.alloc(13)),
      box('pitm', word(0), Buffer.from([0, 2])),
      box(
        'iloc',
        word(0),
        Buffer.from([0x44, 0, 0, 2]),
        both((item, index) => {
          const at = start + (index === 0 ? 0 : (data[0]?.length ?? 0));
          return Buffer.concat([
            item,
            Buffer.from([0, 0, 0, 1]),
            word(at, data[index]?.length ?? 0),
          ]);
        }),
      ),
      box(
        'iinf',
        word(0),
        Buffer.from([0, 2]),
        both((item) =>
          box('infe', word(0x02000000), item, Buffer.from([0, 0]), Buffer.from('av01\0')),
        ),
      ),
      box(
        'iprp',
        box('ipco', ...properties),
        box(
          'ipma',
          word(0, 2),
          both((item) => Buffer.concat([item, Buffer.from([2, 1, 0x82])])),
        ),
      ),
    );
  const at = head.length + write(0).length + 8;
  return Buffer.concat([head, write(at), box('mdat', ...data)]);
}

function nest([outer, ...path]: readonly string[], ...inner: Buffer[]): Buffer {
  return outer === undefined ? Buffer.concat(inner) : box(outer, nest(path, ...inner));
}
