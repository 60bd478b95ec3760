import { MAX_ELEMENTS } from '../container-limits.ts';
import type { CountedFile } from '../counted-file.ts';
import { cutOff, malformed } from '../counted-file.ts';
import type { ContainerFacts } from '../track-facts.ts';
import type { ContainerFormat } from './container-format.ts';

const CHUNK_HEAD_BYTES = 8;
const FORM_HEAD_BYTES = 12;
/** Channels, frames, bits a sample and the rate; AIFF-C adds a compression. */
const COMMON_BYTES = 18;
/** 80-bit floating point, as of SANE: what is subtracted from an exponent, with the 63 bits behind the point. */
const EXPONENT_BIAS = 16_383 + 63;
const TEXTS = ['NAME', 'AUTH', '(c) ', 'ANNO', 'COMT', 'ID3 '];

interface Common {
  channels: number;
  frames: number;
  sampleRate: number;
  codec: string;
}

export const aiff: ContainerFormat = {
  matches: (start) => /^FORM.{4}AIF[FC]/s.test(start),
  checkEnd: async () => undefined, // the reader of its chunks does
  readTracks: readAiff,
  chooseType: () => 'audio/aiff',
};

/** Reads the chunks of an AIFF or AIFF-C file, all of whose sound has to be there. Throws `file_malformed`. */
async function readAiff(file: CountedFile): Promise<ContainerFacts> {
  const chunks = await listChunks(file);
  const place = chunks.get('COMM');
  if (!place || !chunks.has('SSND')) throw cutOff();
  const common = readCommon(Buffer.from(await file.read(place.start, place.end)));
  const { channels, frames, sampleRate, codec } = common;
  if (!(sampleRate > 0) || !channels)
    throw malformed('The sound has no sample rate or no channels.');
  const track = { kind: 'audio' as const, codec, channels, sampleRate };
  const metadata = TEXTS.some((name) => chunks.has(name)) ? ['tags'] : [];
  return { durationSeconds: frames / sampleRate, tracks: [track], metadata };
}

/** The place of the content of each kind of chunk. */
async function listChunks(file: CountedFile) {
  const chunks = new Map<string, { start: number; end: number }>();
  let at = FORM_HEAD_BYTES;
  for (let count = 0; at < file.bytes && count < MAX_ELEMENTS; count += 1) {
    const head = Buffer.from(await file.read(at, at + CHUNK_HEAD_BYTES));
    if (head.length < CHUNK_HEAD_BYTES) break; // padding
    const start = at + CHUNK_HEAD_BYTES;
    const end = start + head.readUInt32BE(4);
    if (end > file.bytes) throw cutOff();
    chunks.set(head.toString('latin1', 0, 4), { start, end });
    at = end + (end % 2);
  }
  return chunks;
}

function readCommon(bytes: Buffer): Common {
  if (bytes.length < COMMON_BYTES) throw cutOff();
  const bits = bytes.readUInt16BE(6);
  const exponent = (bytes.readUInt16BE(8) & 0x7fff) - EXPONENT_BIAS;
  const compression = bytes.toString('latin1', COMMON_BYTES, COMMON_BYTES + 4).trim();
  const isPlain = ['', 'NONE', 'sowt', 'twos'].includes(compression);
  return {
    channels: bytes.readUInt16BE(0),
    frames: bytes.readUInt32BE(2),
    sampleRate: Number(bytes.readBigUInt64BE(10)) * 2 ** exponent,
    codec: isPlain ? `pcm-s${bits}` : compression.replaceAll(/[^\w]/g, ''),
  };
}
