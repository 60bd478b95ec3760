import { crc32 } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Length and type in front of a chunk's data, and the checksum behind it. */
const CHUNK_HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** Ten times what real files carry beside their rows; every text is an entry in the decoder's memory. */
const MAX_OTHER_CHUNKS = 1_000;

export interface PngStructure {
  /** Does the chain of chunks reach `IEND`? A decoder that stops at the last row does not notice. */
  ended: boolean;
  /** A checksum that is wrong: also of chunks, and frames of an animation, that no decoder here reads. */
  damaged: boolean;
  tooComplex: boolean;
  /** Of an animation (APNG), counted, not as claimed; 1 else. */
  frames: number;
}

/** Walks the chunks of a PNG (W3C PNG, third edition, 5). */
export function readPngStructure(bytes: Uint8Array): PngStructure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const structure = { ended: false, damaged: false, tooComplex: false, frames: 1 };
  let [others, frames] = [0, 0];
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_HEAD_BYTES + CHECKSUM_BYTES <= view.length) {
    const type = view.toString('latin1', at + 4, at + CHUNK_HEAD_BYTES);
    const end = at + CHUNK_HEAD_BYTES + view.readUInt32BE(at);
    if (end + CHECKSUM_BYTES > view.length) break;
    if (crc32(view.subarray(at + 4, end)) !== view.readUInt32BE(end)) {
      return { ...structure, damaged: true };
    }
    if (type === 'IEND') return { ...structure, ended: true, frames: Math.max(1, frames) };
    if (type === 'fcTL') frames += 1;
    else if (type !== 'IDAT' && type !== 'fdAT') others += 1;
    if (others > MAX_OTHER_CHUNKS) return { ...structure, tooComplex: true };
    at = end + CHECKSUM_BYTES;
  }
  return structure;
}
