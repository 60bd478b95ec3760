import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that a decode holds, from which on it takes so long that a collection before it hardly counts. */
const LARGE_DECODE_BYTES = 64_000_000;
/** Memory of the process from which on it is crowded (160 MiB). */
const CROWDED_BYTES = 167_772_160;
/** Pictures after which, in a crowded process, so much may be dead that a collection is worth its while. */
const CROWDED_PICTURES = 16;

let sinceCollected = 0;

/**
 * Lets go of what is dead before a decode that takes much memory: files and pixels of pictures before it
 * hang on a heap that is too small for V8 to look after it soon. Some 20 ms, beside a decode of half a
 * second. In a crowded process now and then before others, too: what is dead adds up there.
 */
export function makeRoom(heldBytes: number): void {
  const isLarge = heldBytes >= LARGE_DECODE_BYTES;
  sinceCollected += 1;
  if (isLarge || (sinceCollected >= CROWDED_PICTURES && isCrowded())) collectGarbage();
}

function isCrowded(): boolean {
  return process.memoryUsage.rss() > CROWDED_BYTES;
}

let collect: unknown;

/** The function is V8's own, but stands only in contexts that were made after the flag was set. */
function collectGarbage(): void {
  sinceCollected = 0;
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  if (typeof collect === 'function') collect();
}

/** By how much the heap grows, the Buffers that hang on it included, until all of it is marked again. */
const HEAP_GROWTH_PERCENT = 200;

/**
 * V8 counts Buffers as its heap's, and marks all of a small heap again after 8 MB of them: for each large
 * picture once, which took half as long as to decode it.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
