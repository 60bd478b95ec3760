import { findBox, findPath } from './boxes.ts';
import { readTrack } from './track.ts';

const BRANDS: Partial<Record<string, string>> = { av01: 'avif', hvc1: 'heic', hev1: 'heic' };
const CONFIGURATIONS: Partial<Record<string, string>> = {
  av01: 'av1C',
  hvc1: 'hvcC',
  hev1: 'hvcC',
};

/**
 * The first frame of a sequence as a still picture, in a file of its own, for decoders that know no
 * sequences. Undefined where the file holds a still picture already, or no sequence.
 */
export function makeStill(bytes: Uint8Array): Buffer | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const meta = findPath(view, ['meta']);
  if (meta && findBox(view, { ...meta, start: meta.start + 4 }, 'pitm')) return undefined;
  const track = readTrack(view, 1);
  const sample = track?.samples[0];
  const brand = BRANDS[track?.codec ?? ''];
  const wanted = CONFIGURATIONS[track?.codec ?? ''];
  const configuration = wanted && track && findBox(view, track.configuration, wanted);
  if (!brand || !wanted || !configuration || !sample || sample.end > view.length) return undefined;
  const { codec, width, height } = track;
  const properties = [
    box('ispe', word(0), word(width), word(height)),
    box(wanted, view.subarray(configuration.start, configuration.end)),
  ];
  const data = view.subarray(sample.at, sample.end);
  const head = box('ftyp', text(brand), word(0), text(`mif1${brand}`));
  const type = codec === 'av01' ? codec : 'hvc1';
  const describe = (at: number) => describeItem(type, properties, at, data.length);
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
