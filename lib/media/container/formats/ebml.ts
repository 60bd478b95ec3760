import { ServiceError } from '../../../errors.ts';
import { MAX_ELEMENTS, TAIL_BYTES } from '../container-limits.ts';
import type { CountedFile } from '../counted-file.ts';
import { cutOff, malformed } from '../counted-file.ts';
import { type ContainerFormat, hasPictures } from './container-format.ts';

const HEADER = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
/** The elements of a segment: where one of these comes, a cluster of unknown length has ended (RFC 9559). */
const OF_SEGMENT = [
  CLUSTER,
  0x114d9b74, // SeekHead
  0x1549a966, // Info
  0x1654ae6b, // Tracks
  0x1c53bb6b, // Cues
  0x1941a469, // Attachments
  0x1043a770, // Chapters
  0x1254c367, // Tags
];
const CLUSTER_BYTES = Buffer.from([0x1f, 0x43, 0xb6, 0x75]);

interface Element {
  id: number;
  /** The start of its content. */
  body: number;
  /** Undefined: until what holds it ends. */
  end: number | undefined;
}

/** Bytes of a file's start that EBML's header stands in: it is some 40 long. */
const HEADER_BYTES = 128;
/** The codecs of WebM: a Matroska file of these alone is one by another name. */
const WEBM_CODECS = ['vp8', 'vp9', 'av1', 'opus', 'vorbis'];

export const webm: ContainerFormat = {
  matches: (start) => readDocType(start) === 'webm',
  checkEnd: checkSegment,
  chooseType: (facts) => (hasPictures(facts) ? 'video/webm' : 'audio/webm'),
};

export const matroska: ContainerFormat = {
  matches: (start) => readDocType(start) === 'matroska',
  checkEnd: checkSegment,
  chooseType(facts) {
    const alien = facts.tracks.find(({ codec }) => !WEBM_CODECS.includes(codec));
    if (!alien) return hasPictures(facts) ? 'video/x-matroska' : 'audio/webm';
    const message = `Matroska is taken with the codecs of WebM alone, not with ${alien.codec}.`;
    throw new ServiceError('type_unsupported', message);
  },
};

/** The kind that EBML names in its header. */
function readDocType(start: string): string | undefined {
  if (!start.startsWith('\x1a\x45\xdf\xa3')) return undefined;
  return /\x42\x82[\x80-\xff](webm|matroska)/.exec(start.slice(0, HEADER_BYTES))?.[1];
}

/** A WebM or Matroska file has to hold all of its segment. */
async function checkSegment(file: CountedFile): Promise<void> {
  const header = await readElement(file, 0);
  if (header?.id !== HEADER || header.end === undefined)
    throw malformed('The file has no EBML header.');
  const segment = await readElement(file, header.end);
  if (!segment) throw cutOff();
  if (segment.id !== SEGMENT) throw malformed('No segment follows the EBML header.');
  if (segment.end === undefined) return checkClusters(file, segment.body);
  if (segment.end > file.bytes) throw cutOff();
}

/** Recorded live, neither the segment nor its last cluster says how long it is: its last block has to end where the file does. */
async function checkClusters(file: CountedFile, body: number): Promise<void> {
  let at = file.bytes - body > TAIL_BYTES ? await findLastCluster(file) : body;
  for (let count = 0; at < file.bytes; count += 1) {
    if (count > MAX_ELEMENTS)
      throw new ServiceError('file_too_complex', 'The file has too many parts.');
    const element = await readElement(file, at);
    if (!element) throw cutOff();
    const { id, end } = element;
    if (end === undefined && !OF_SEGMENT.includes(id))
      throw malformed('An element of the file has no end.');
    if (end !== undefined && end > file.bytes) throw cutOff();
    at = end ?? element.body;
  }
}

async function findLastCluster(file: CountedFile): Promise<number> {
  const start = file.bytes - TAIL_BYTES;
  const tail = Buffer.from(await file.read(start, file.bytes));
  const at = tail.lastIndexOf(CLUSTER_BYTES);
  if (at < 0)
    throw new ServiceError('file_too_complex', 'The last cluster of the file is too large.');
  return start + at;
}

/** Undefined where the file ends within its head, or there is none. */
async function readElement(file: CountedFile, at: number): Promise<Element | undefined> {
  const head = await file.read(at, at + 12);
  const id = readNumber(head, 0, 4);
  const size = id && readNumber(head, id.length, 8);
  if (!size) return undefined;
  const body = at + id.length + size.length;
  const isUnknown = size.value === 2 ** (7 * size.length) - 1;
  const marked = id.value + 2 ** (7 * id.length); // ids are written with the bit that tells their length
  return { id: marked, body, end: isUnknown ? undefined : body + size.value };
}

/** A number of variable length: the place of its first bit tells how many bytes it has (RFC 8794). */
function readNumber(bytes: Uint8Array, at: number, maxLength: number) {
  const first = bytes[at];
  if (!first) return undefined;
  const length = Math.clz32(first) - 23;
  if (length > maxLength || at + length > bytes.length) return undefined;
  let value = first - 2 ** (8 - length);
  for (const byte of bytes.subarray(at + 1, at + length)) value = value * 256 + byte;
  return { value, length };
}
