import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { PictureFacts } from './inspect.ts';

/** Bytes that a decode holds, from which on it takes so long that a collection before it hardly counts. */
const LARGE_DECODE_BYTES = 64_000_000;
/** Of AVIF and HEIC, the decoders hold that many times the pixels: planes, those enlarged, those in colour. */
const HELD_TIMES = 6;
const HELD_SEVERAL_TIMES = ['image/avif', 'image/heic'];

/**
 * Lets go of what is dead before a decode that takes much memory: files and pixels of pictures before it
 * hang on a heap that is too small for V8 to look after it soon. Some 20 ms, beside a decode of half a second.
 */
export function makeRoom({ mediaType, heldBytes }: Pick<PictureFacts, 'mediaType' | 'heldBytes'>) {
  const times = HELD_SEVERAL_TIMES.includes(mediaType) ? HELD_TIMES : 1;
  if (heldBytes * times >= LARGE_DECODE_BYTES) collectGarbage();
}

let collect: unknown;

/** The function is V8's own, but stands only in contexts that were made after the flag was set. */
function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  if (typeof collect === 'function') collect();
}
