import type { WalkedFile } from '../picture-format.ts';
import { findBox } from './boxes.ts';
import type { HeifStructure } from './structure.ts';

const HEVC = { brand: 'heic', configurationBox: 'hvcC', itemType: 'hvc1' };
const CODECS: Partial<Record<string, typeof HEVC>> = {
  av01: { brand: 'avif', configurationBox: 'av1C', itemType: 'av01' },
  hvc1: HEVC,
  hev1: HEVC,
};

/**
 * The first frame of a sequence as a still picture, in a file of its own, for decoders that know no
 * sequences. Undefined where the file holds a still picture already, or no sequence.
 */
export function makeStill({
  bytes,
  structure: { track, hasPrimaryItem },
}: WalkedFile<HeifStructure>): Buffer | undefined {
  const codec = CODECS[track?.codec ?? ''];
  const sample = track?.samples[0];
  if (hasPrimaryItem || !track || !codec || !sample || sample.end > bytes.length) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { brand, configurationBox, itemType } = codec;
  const configuration = findBox(view, track.configuration, configurationBox);
  if (!configuration) return undefined;
  const { width, height } = track;
  const properties = [
    box('ispe', word(0), word(width), word(height)),
    box(configurationBox, view.subarray(configuration.start, configuration.end)),
  ];
  const data = view.subarray(sample.at, sample.end);
  const head = box('ftyp', text(brand), word(0), text(`mif1${brand}`));
  const describe = (at: number) => describeItem(itemType, properties, at, data.length);
  const at = head.length + describe(0).length + 8;
  return Buffer.concat([head, describe(at), box('mdat', data)]);
}

/** One item, which is the picture, and where its data stands (ISO/IEC 23008-12, 6; 14496-12, 8.11). */
function describeItem(type: string, properties: Buffer[], at: number, length: number): Buffer {
  const item = half(1);
  const own = Buffer.from([2, 1, 0x82]); // two properties; the second is needed to decode
  return box(
    'meta',
    word(0),
    box('hdlr', word(0), word(0), text('pict'), Buffer.alloc(13)),
    box('pitm', word(0), item),
    box(
      'iloc',
      word(0),
      Buffer.from([0x44, 0]),
      half(1),
      item,
      half(0),
      half(1),
      word(at),
      word(length),
    ),
    box('iinf', word(0), half(1), box('infe', word(0x02000000), item, half(0), text(`${type}\0`))),
    box('iprp', box('ipco', ...properties), box('ipma', word(0), word(1), item, own)),
  );
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([word(8 + data.length), text(type), data]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function half(value: number): Buffer {
  return word(value).subarray(2);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
