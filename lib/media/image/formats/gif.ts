import { countLzwPixels } from './gif-lzw.ts';

const HEADER_BYTES = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const COMMENT_LABEL = 0xfe;
const IMAGE_DESCRIPTOR_BYTES = 10;

export interface GifStructure {
  /** Do the blocks reach the trailer? The decoder takes a missing end for the last frame. */
  ended: boolean;
  /** Fewer pixels in a frame than it says, in any of them: only the first is ever decoded. */
  damaged: boolean;
  frames: number;
  hasComment: boolean;
  /** Of the largest frame. */
  drawnPixels: number;
}

/** Walks the blocks of a GIF (CompuServe, GIF89a specification), up to one frame more than `maxFrames`. */
export function readGifStructure(bytes: Uint8Array, maxFrames: number): GifStructure {
  const structure = { ended: false, damaged: false, frames: 0, hasComment: false, drawnPixels: 0 };
  let at = HEADER_BYTES + colourTableBytes(bytes[10]);
  while (isBlock(bytes[at]) && !structure.damaged && structure.frames <= maxFrames) {
    const isImage = bytes[at] === IMAGE;
    const data = at + (isImage ? imageHeaderBytes(bytes, at) : 2);
    if (isImage) {
      const pixels = read16(bytes, at + 5) * read16(bytes, at + 7);
      structure.frames += 1;
      structure.damaged = countLzwPixels(bytes, data, pixels) < pixels;
      structure.drawnPixels = Math.max(structure.drawnPixels, pixels);
    }
    structure.hasComment ||= !isImage && bytes[at + 1] === COMMENT_LABEL;
    at = skipSubBlocks(bytes, data);
  }
  return { ...structure, ended: bytes[at] === TRAILER };
}

function isBlock(code: number | undefined): boolean {
  return code === EXTENSION || code === IMAGE;
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

function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
