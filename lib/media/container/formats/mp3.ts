import type { CountedFile } from '../counted-file.ts';
import { cutOff } from '../counted-file.ts';
import type { ContainerFormat } from './container-format.ts';
import { isFollowed } from './frames.ts';

/** Bits of a frame's head, where it has one of four bytes: MPEG-1, 2 and 2.5, Layer III. */
const RATES = [44_100, 48_000, 32_000];
const KILOBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KILOBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const ID3_HEAD_BYTES = 10;
/** Bytes behind the tag that are searched for the first frame and its index. */
const SEARCHED_BYTES = 4_096;
const HAS_FRAMES = 1;
const HAS_BYTES = 2;

export const mp3: ContainerFormat = {
  matches: (start, bytes) => start.startsWith('ID3') || isFollowed(bytes, measureFrame),
  checkEnd: checkCountedBytes,
  chooseType: () => 'audio/mpeg',
};

function measureFrame(bytes: Uint8Array, at: number): number | undefined {
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

/**
 * An MP3 has to hold all the bytes that its first frame counts, where an encoder wrote that. An MP3 without
 * says nothing of its end. Throws `file_malformed`.
 */
async function checkCountedBytes(file: CountedFile): Promise<void> {
  const start = await findTagEnd(file);
  if (start >= file.bytes) throw cutOff();
  const head = Buffer.from(await file.read(start, start + SEARCHED_BYTES));
  const names = ['Xing', 'Info'].map((name) => head.indexOf(name, 0, 'latin1'));
  const at = names.find((place) => place >= 0);
  if (at === undefined || at + 16 > head.length) return;
  const flags = head.readUInt32BE(at + 4);
  if (!(flags & HAS_BYTES)) return;
  const counted = head.readUInt32BE(at + (flags & HAS_FRAMES ? 12 : 8));
  const frame = findFrame(head, at);
  if (frame !== undefined && start + frame + counted > file.bytes) throw cutOff();
}

async function findTagEnd(file: CountedFile): Promise<number> {
  const head = Buffer.from(await file.read(0, ID3_HEAD_BYTES));
  if (head.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  return ID3_HEAD_BYTES + size;
}

/** The head of the frame that holds the index: at most 36 bytes before it. */
function findFrame(head: Buffer, index: number): number | undefined {
  for (let at = index - 4; at >= Math.max(0, index - 40); at -= 1)
    if (head[at] === 0xff && ((head[at + 1] ?? 0) & 0xe0) === 0xe0) return at;
  return undefined;
}
