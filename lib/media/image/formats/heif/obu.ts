import type { Sample } from './track.ts';

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
