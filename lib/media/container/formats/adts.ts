import { ADTS_HEAD_BYTES, measureAdts } from '../../detect.ts';
import type { CountedFile } from '../counted-file.ts';
import { cutOff } from '../counted-file.ts';

/** Whether the last frame of an AAC stream is whole: nothing else tells where it ends. Throws `file_malformed`. */
export async function checkAdts(file: CountedFile): Promise<void> {
  let at = 0;
  while (at < file.bytes) {
    const head = await file.read(at, at + ADTS_HEAD_BYTES);
    if (head.length < ADTS_HEAD_BYTES) throw cutOff();
    const length = measureAdts(head, 0);
    if (length === undefined) return; // a tag behind the last frame, or a gap that decoders pass over
    at += length;
  }
  if (at > file.bytes) throw cutOff();
}
