import { MAX_FRAMES } from '../picture-limits.ts';
import type { PictureFormat, Structure } from './picture-format.ts';
import { decodeAway, openByVips, otherFrameDamaged, pixelBytes, readVipsHeader } from './vips.ts';

const RIFF_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
/** The start of a frame's own chunks within `ANMF`. */
const FRAME_HEAD_BYTES = 16;
/** Real files carry a handful beside their frames. */
const MAX_OTHER_CHUNKS = 1_000;

export const webp: PictureFormat = {
  matches: (start) => start.startsWith('RIFF') && start.startsWith('WEBP', CHUNK_HEAD_BYTES),
  loader: 'Webp',
  walk: walkWebp,
  readHeader: (sharp, { bytes }) => readVipsHeader(sharp, bytes, 'warning', ['image/webp']),
  isTooShort: () => false, // a flat picture of any size is a few bytes
  isFrameDecodedAlone: false,
  heldPixelBytes: pixelBytes,
  heldTimes: 1,
  emptiness: () => undefined,
  readOwnExif: () => undefined,
  async checkUndecoded(sharp, { bytes }, { width, height, frames }) {
    if (frames === 1) return;
    const limitInputPixels = width * height * frames;
    const all = sharp(bytes, { animated: true, failOn: 'warning', limitInputPixels });
    await decodeAway(all, 'lanczos3').catch((cause) => {
      throw otherFrameDamaged(cause);
    });
  },
  open: async (sharp, { bytes }, facts) => openByVips(sharp, bytes, facts, 'warning'),
  kernel: 'lanczos3',
};

/** Walks the chunks of a WebP (RFC 9649, 2); damaged is one with a chunk that reaches out of what it lies in. */
function walkWebp(bytes: Uint8Array): Structure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const structure = { ended: true, frames: 0 };
  const end = view.length < RIFF_HEAD_BYTES ? Infinity : CHUNK_HEAD_BYTES + view.readUInt32LE(4);
  if (end > view.length) return { ...structure, ended: false };
  let others = 0;
  for (const chunk of listChunks(view, RIFF_HEAD_BYTES, end)) {
    if (chunk.end > end) return { ...structure, damaged: true };
    if (chunk.type !== 'ANMF') others += 1;
    else structure.frames += 1;
    if (others > MAX_OTHER_CHUNKS || structure.frames > MAX_FRAMES)
      return { ...structure, tooComplex: true };
    const inner =
      chunk.type === 'ANMF' ? listChunks(view, chunk.start + FRAME_HEAD_BYTES, chunk.end) : [];
    for (const part of inner) if (part.end > chunk.end) return { ...structure, damaged: true };
  }
  return { ...structure, frames: Math.max(1, structure.frames) };
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
