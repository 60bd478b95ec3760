const RIFF_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
/** Where a frame's own chunks start within `ANMF`. */
const FRAME_HEAD_BYTES = 16;
/** Real files carry a handful beside their frames. */
const MAX_OTHER_CHUNKS = 1_000;

export interface WebpStructure {
  /** Is everything there that the lengths promise? */
  ended: boolean;
  /** A chunk that reaches out of what it lies in. */
  damaged: boolean;
  tooComplex: boolean;
  frames: number;
}

/** Walks the chunks of a WebP (RFC 9649, 2), up to so many frames. */
export function readWebpStructure(bytes: Uint8Array, maxFrames: number): WebpStructure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const structure = { ended: false, damaged: false, tooComplex: false, frames: 0 };
  const end = view.length < RIFF_HEAD_BYTES ? Infinity : CHUNK_HEAD_BYTES + view.readUInt32LE(4);
  if (end > view.length) return structure;
  let others = 0;
  for (const chunk of listChunks(view, RIFF_HEAD_BYTES, end)) {
    if (chunk.end > end) return { ...structure, ended: true, damaged: true };
    if (chunk.type !== 'ANMF') others += 1;
    else structure.frames += 1;
    if (others > MAX_OTHER_CHUNKS || structure.frames > maxFrames) {
      return { ...structure, ended: true, tooComplex: true };
    }
    const inner =
      chunk.type === 'ANMF' ? listChunks(view, chunk.start + FRAME_HEAD_BYTES, chunk.end) : [];
    for (const part of inner) {
      if (part.end > chunk.end) return { ...structure, ended: true, damaged: true };
    }
  }
  return { ...structure, ended: true, frames: Math.max(1, structure.frames) };
}

/** The chunks between two places; their lengths are padded to even ones. */
function* listChunks(view: Buffer, from: number, to: number) {
  let at = from;
  while (at + CHUNK_HEAD_BYTES <= to) {
    const start = at + CHUNK_HEAD_BYTES;
    const length = view.readUInt32LE(at + 4);
    yield { type: view.toString('latin1', at, at + 4), start, end: start + length };
    at = start + length + (length % 2);
  }
}
