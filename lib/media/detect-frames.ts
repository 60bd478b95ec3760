/** Bits of a frame's head, where it has one of four bytes: MPEG-1, 2 and 2.5, Layer III. */
const RATES = [44_100, 48_000, 32_000];
const KILOBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KILOBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
export const ADTS_HEAD_BYTES = 7;

/** Sound without a container begins with its first frame: two bytes that may stand anywhere, so the second frame has to follow. */
export function detectFrames(bytes: Uint8Array): 'audio/mpeg' | 'audio/aac' | undefined {
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
