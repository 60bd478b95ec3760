const HEADER_BYTES = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const COMMENT_LABEL = 0xfe;
const IMAGE_DESCRIPTOR_BYTES = 10;

export interface GifStructure {
  /** Do the blocks reach the trailer? The decoder takes a missing end for the last frame. */
  ended: boolean;
  hasComment: boolean;
}

/** Walks the blocks of a GIF (CompuServe, GIF89a specification). */
export function readGifStructure(bytes: Uint8Array): GifStructure {
  let hasComment = false;
  let at = HEADER_BYTES + colourTableBytes(bytes[10]);
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === TRAILER) return { ended: true, hasComment };
    if (block !== EXTENSION && block !== IMAGE) break;
    if (block === EXTENSION && bytes[at + 1] === COMMENT_LABEL) hasComment = true;
    at = skipSubBlocks(bytes, at + (block === EXTENSION ? 2 : imageHeaderBytes(bytes, at)));
  }
  return { ended: false, hasComment };
}

/** Descriptor, local colour table and the one byte of the code size. */
function imageHeaderBytes(bytes: Uint8Array, at: number): number {
  return IMAGE_DESCRIPTOR_BYTES + colourTableBytes(bytes[at + 9]) + 1;
}

function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function skipSubBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let size = bytes[at] ?? 0; size > 0; size = bytes[at] ?? 0) at += size + 1;
  return at + 1;
}
