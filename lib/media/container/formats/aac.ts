import { type CountedFile, cutOff } from '../counted-file.ts';
import type { ContainerFormat } from './container-format.ts';
import { FRAME_HEAD_BYTES, isFollowed } from './frames.ts';

export const aac: ContainerFormat = {
  matches: (_, bytes) => isFollowed(bytes, measureFrame),
  checkEnd: checkLastFrame,
  chooseType: () => 'audio/aac',
};

/** The length of the frame (ADTS) that begins there, in bytes; undefined where none does. */
function measureFrame(bytes: Uint8Array, at: number): number | undefined {
  const [sync = 0, kind = 0, rate = 0, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + 6);
  if (sync !== 0xff || (kind & 0xf6) !== 0xf0 || ((rate >> 2) & 15) > 12) return undefined;
  const length = ((high & 3) << 11) | (middle << 3) | (low >> 5);
  return length > FRAME_HEAD_BYTES ? length : undefined;
}

/** The last frame of an AAC stream has to be whole: nothing else tells where the stream ends. */
async function checkLastFrame(file: CountedFile): Promise<void> {
  let at = 0;
  while (at < file.bytes) {
    const head = await file.read(at, at + FRAME_HEAD_BYTES);
    if (head.length < FRAME_HEAD_BYTES) throw cutOff();
    const length = measureFrame(head, 0);
    if (length === undefined) return; // a tag behind the last frame, or a gap that decoders pass over
    at += length;
  }
  if (at > file.bytes) throw cutOff();
}
