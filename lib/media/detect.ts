import { listBrands } from './ftyp.ts';
import { detectPicture } from './image/formats/formats.ts';
import { PICTURE_TYPES, type PictureType } from './image/formats/picture-format.ts';

export const VIDEO_TYPES = [
  'video/mp4',
  'video/quicktime',
  'video/webm',
  'video/x-matroska',
] as const;
export const AUDIO_TYPES = [
  'audio/wav',
  'audio/mpeg',
  'audio/aac',
  'audio/ogg',
  'audio/flac',
  'audio/aiff',
  'audio/mp4',
  'audio/webm',
] as const;
export const DOCUMENT_TYPES = ['application/pdf'] as const;

/** Known only so that the refusal can name them. */
const OTHER_TYPES = [
  'image/jxl',
  'image/svg+xml',
  'image/vnd.adobe.photoshop',
  'video/ogg',
  'video/x-msvideo',
] as const;

/** What may be analysed, where its medium has a row in media.ts. */
export type KnownType =
  | PictureType
  | (typeof VIDEO_TYPES)[number]
  | (typeof AUDIO_TYPES)[number]
  | (typeof DOCUMENT_TYPES)[number];
export type MediaType = KnownType | (typeof OTHER_TYPES)[number];

/** Text, as Latin-1, and where it stands. A format is known when all its pieces are there. */
const SIGNATURES: readonly (readonly [MediaType, ...(readonly [at: number, text: string])[]])[] = [
  ['image/jxl', [0, '\xff\x0a']],
  ['image/jxl', [4, 'JXL \r\n']],
  ['image/vnd.adobe.photoshop', [0, '8BPS']],
  ['application/pdf', [0, '%PDF-']],
  ['audio/wav', [0, 'RIFF'], [8, 'WAVE']],
  ['audio/wav', [0, 'RF64'], [8, 'WAVE']],
  ['video/x-msvideo', [0, 'RIFF'], [8, 'AVI ']],
  ['audio/aiff', [0, 'FORM'], [8, 'AIFF']],
  ['audio/aiff', [0, 'FORM'], [8, 'AIFC']],
  ['audio/flac', [0, 'fLaC']],
  ['audio/mpeg', [0, 'ID3']],
];
/** How much of a file's start tells what it is. */
export const SIGNATURE_BYTES = 4_096;
/** Bytes of a file's start that EBML's header stands in: it is some 40 long. */
const EBML_HEADER_BYTES = 128;
const VIDEO_BRAND = /^(isom|iso\w|mp4\d|mmp4|avc1|dash|M4V |3g[p2]\w|XAVC|qt {2})$/;

/** The type that the bytes themselves show, whatever their name or declared type says. */
export function detectMediaType(bytes: Uint8Array): MediaType | undefined {
  const start = Buffer.from(bytes.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  const picture = detectPicture(start);
  if (picture) return picture;
  const known = SIGNATURES.find(([, ...pieces]) =>
    pieces.every(([at, text]) => start.startsWith(text, at)),
  );
  if (known) return known[0];
  return (
    detectBrand(start) ??
    detectContainer(start) ??
    detectFrames(bytes) ??
    (/<svg\b/.test(start) ? 'image/svg+xml' : undefined)
  );
}

/** EBML names its kind in its header; Ogg shows a video by the first page of one of its streams. */
function detectContainer(start: string): MediaType | undefined {
  if (start.startsWith('OggS\0')) return /\x80theora/.test(start) ? 'video/ogg' : 'audio/ogg';
  if (!start.startsWith('\x1a\x45\xdf\xa3')) return undefined;
  const [, kind] =
    /\x42\x82[\x80-\xff](webm|matroska)/.exec(start.slice(0, EBML_HEADER_BYTES)) ?? [];
  if (kind === 'webm') return 'video/webm';
  return kind ? 'video/x-matroska' : undefined;
}

/** Videos and recordings, which come in containers. */
export function isStreamType(type: MediaType | undefined): type is KnownType {
  return [...VIDEO_TYPES, ...AUDIO_TYPES].some((supported) => supported === type);
}

export function isPictureType(type: MediaType | undefined): type is PictureType {
  return PICTURE_TYPES.some((supported) => supported === type);
}

/** By the kinds of an ISO base media file that are no picture's. */
function detectBrand(start: string): MediaType | undefined {
  const brands = listBrands(start);
  if (/^(M4[ABP] |F4A )$/.test(brands[0] ?? '')) return 'audio/mp4';
  if (brands[0] === 'qt  ') return 'video/quicktime';
  return brands.some((brand) => VIDEO_BRAND.test(brand)) ? 'video/mp4' : undefined;
}

/** Bits of a frame's head, where it has one of four bytes: MPEG-1, 2 and 2.5, Layer III. */
const RATES = [44_100, 48_000, 32_000];
const KILOBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KILOBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
export const ADTS_HEAD_BYTES = 7;

/** Sound without a container begins with its first frame: two bytes that may stand anywhere, so the second frame has to follow. */
function detectFrames(bytes: Uint8Array): 'audio/mpeg' | 'audio/aac' | undefined {
  if (isFollowed(bytes, measureMp3)) return 'audio/mpeg';
  return isFollowed(bytes, measureAdts) ? 'audio/aac' : undefined;
}

/** What measures a frame answers with its length in bytes. */
type Measure = (bytes: Uint8Array, at: number) => number | undefined;

function isFollowed(bytes: Uint8Array, measure: Measure): boolean {
  const length = measure(bytes, 0);
  if (length === undefined) return false;
  return length + ADTS_HEAD_BYTES > bytes.length || measure(bytes, length) !== undefined;
}

function measureMp3(bytes: Uint8Array, at: number): number | undefined {
  const [sync = 0, kind = 0, rates = 0] = bytes.subarray(at, at + 3);
  const version = (kind >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const isLayer3 = ((kind >> 1) & 3) === 1;
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0 || version === 1 || !isLayer3) return undefined;
  const kilobits = (version === 3 ? KILOBITS_1 : KILOBITS_2)[rates >> 4];
  const rate = RATES[(rates >> 2) & 3];
  if (!kilobits || !rate) return undefined;
  const hertz = version === 3 ? rate : rate / (version === 2 ? 2 : 4);
  const samples = version === 3 ? 144 : 72;
  return Math.floor((samples * kilobits * 1000) / hertz) + ((rates >> 1) & 1);
}

/** The length of the ADTS frame that begins there, in bytes; undefined where none does. */
export function measureAdts(bytes: Uint8Array, at: number): number | undefined {
  const [sync = 0, kind = 0, rate = 0, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + 6);
  if (sync !== 0xff || (kind & 0xf6) !== 0xf0 || ((rate >> 2) & 15) > 12) return undefined;
  const length = ((high & 3) << 11) | (middle << 3) | (low >> 5);
  return length > ADTS_HEAD_BYTES ? length : undefined;
}
