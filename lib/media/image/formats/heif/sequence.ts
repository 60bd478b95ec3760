import { type Box, findBox, findPath, listBoxes } from './boxes.ts';

const SAMPLE_TABLE = ['moov', 'trak', 'mdia', 'minf', 'stbl'];
/** Version and flags, and a count of entries behind them. */
const LIST_HEAD_BYTES = 8;
/** The places of width and height in a sample entry (ISO/IEC 14496-12, 12.1.3). */
const ENTRY_WIDTH = 24;
const ENTRY_BOXES = 78;

interface Sample {
  at: number;
  end: number;
}

/** A sequence of pictures, as a film holds it. */
export interface Track {
  /** The coding of the samples: `av01`, `hvc1` … */
  codec: string;
  width: number;
  height: number;
  /** The boxes of the decoder's configuration. */
  configuration: Box;
  /** The number of samples that the file declares. */
  frames: number;
  /** The first of them, up to as many as were asked for. */
  samples: Sample[];
}

/** The first track of a sequence (ISO/IEC 14496-12, 8.5 to 8.7); undefined where there is none. */
export function readTrack(view: Buffer, maxSamples: number): Track | undefined {
  const table = findPath(view, SAMPLE_TABLE);
  const box = (type: string) => table && findBox(view, table, type);
  const entry = box('stsd') && listEntries(view, box('stsd'))[0];
  const sizes = box('stsz');
  if (!entry || !sizes || entry.start + ENTRY_BOXES > entry.end || sizes.start + 12 > sizes.end)
    return undefined;
  const frames = view.readUInt32BE(sizes.start + 8);
  const lengths = readSizes(view, sizes, Math.min(frames, maxSamples));
  return {
    codec: entry.type,
    width: view.readUInt16BE(entry.start + ENTRY_WIDTH),
    height: view.readUInt16BE(entry.start + ENTRY_WIDTH + 2),
    configuration: { ...entry, start: entry.start + ENTRY_BOXES },
    frames,
    samples: placeSamples(
      lengths,
      readChunks(view, box('stco'), box('co64')),
      readRuns(view, box('stsc')),
    ),
  };
}

function listEntries(view: Buffer, box: Box | undefined): Box[] {
  if (!box) return [];
  const entries = listBoxes(view, box.start + LIST_HEAD_BYTES, box.end);
  return entries.filter(({ end }) => end <= box.end);
}

/** Bytes of each sample: one size for all of them, or a list. */
function readSizes(view: Buffer, { start, end }: Box, count: number): number[] {
  const size = view.readUInt32BE(start + 4);
  if (size > 0) return Array.from({ length: count }, () => size);
  const room = Math.floor((end - start - 12) / 4);
  const length = Math.max(0, Math.min(count, room));
  return Array.from({ length }, (_, index) => view.readUInt32BE(start + 12 + 4 * index));
}

function readChunks(view: Buffer, short: Box | undefined, long: Box | undefined): number[] {
  const read = (at: number) => (short ? view.readUInt32BE(at) : Number(view.readBigUInt64BE(at)));
  return listPlaces(short ?? long, short ? 4 : 8).map(read);
}

/** From which chunk on, counted from 1, how many samples lie in each. */
function readRuns(view: Buffer, box: Box | undefined) {
  return listPlaces(box, 12).map((at) => ({
    first: view.readUInt32BE(at),
    samples: view.readUInt32BE(at + 4),
  }));
}

/** The places of a list's entries, as many as there is room for. */
function listPlaces(box: Box | undefined, bytes: number): number[] {
  const start = box ? box.start + LIST_HEAD_BYTES : 0;
  const length = Math.max(0, Math.floor(((box?.end ?? 0) - start) / bytes));
  return Array.from({ length }, (_, index) => start + index * bytes);
}

/** Samples lie in chunks, one behind the other. */
function placeSamples(
  lengths: readonly number[],
  chunks: readonly number[],
  runs: readonly { first: number; samples: number }[],
): Sample[] {
  const samples: Sample[] = [];
  let run = 0;
  for (const [chunk, start] of chunks.entries()) {
    if ((runs[run + 1]?.first ?? Number.POSITIVE_INFINITY) <= chunk + 1) run += 1;
    const count = Math.min(runs[run]?.samples ?? 0, lengths.length - samples.length);
    let at = start;
    for (let index = 0; index < count; index += 1) {
      const end = at + (lengths[samples.length] ?? 0);
      samples.push({ at, end });
      at = end;
    }
  }
  return samples;
}

/** Kinds of units that hold a frame: its header alone, the whole, and the header once more. */
const FRAME_TYPES = [3, 6, 7];
/** A length takes no more bytes than that (LEB128). */
const MAX_LENGTH_BYTES = 8;

/**
 * Is this AV1 frame no chain of units that fills its place and holds a frame? Looks at the units' heads
 * alone (AV1 Bitstream Specification, 5.3): what is overwritten within one, it does not notice.
 */
export function isFrameDamaged(view: Uint8Array, { at: start, end }: Sample): boolean {
  let hasFrame = false;
  let at = start;
  while (at < end) {
    const head = view[at] ?? 0;
    if (head & 0x80) return true;
    hasFrame ||= FRAME_TYPES.includes((head >> 3) & 15);
    const lengthAt = at + (head & 4 ? 2 : 1);
    at = head & 2 ? skipUnit(view, lengthAt, end) : end;
  }
  return !hasFrame || at > end;
}

function skipUnit(view: Uint8Array, at: number, end: number): number {
  let length = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES && at + index < end; index += 1) {
    const byte = view[at + index] ?? 0;
    length += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return at + index + 1 + length;
  }
  return Number.POSITIVE_INFINITY;
}

const HEVC = { brand: 'heic', configurationBox: 'hvcC', itemType: 'hvc1' };
const CODECS: Partial<Record<string, typeof HEVC>> = {
  av01: { brand: 'avif', configurationBox: 'av1C', itemType: 'av01' },
  hvc1: HEVC,
  hev1: HEVC,
};

/**
 * The first frame of a sequence as a still picture, in a file of its own, for decoders that know no
 * sequences. Undefined where nobody knows how the frame is coded.
 */
export function makeStill(bytes: Uint8Array, track: Track): Buffer | undefined {
  const codec = CODECS[track.codec];
  const [sample] = track.samples;
  if (!codec || !sample || sample.end > bytes.length) return undefined;
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
