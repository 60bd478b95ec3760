const BOX_HEAD_BYTES = 8;
/** Version and flags, which some boxes begin with. */
const FULL_BOX_BYTES = 4;
/** Real files have fewer than ten, on each level. */
const MAX_BOXES = 1_000;
/**
 * Tiles that all grids of a file have together: 60 megapixels take 240 of 512 × 512. A grid may name one
 * tile of a few bytes tens of thousands of times, and it is decoded each time.
 */
const MAX_TILES = 1_000;
/** Where the count of samples stands in `stsz`: behind version, flags and the common size. */
const SAMPLE_COUNT_OFFSET = 8;

export interface IsoStructure {
  /** Is everything there that the boxes' lengths promise? */
  ended: boolean;
  tooComplex: boolean;
  /** Of a sequence, by its first track; 1 else. */
  frames: number;
}

interface Box {
  type: string;
  start: number;
  end: number;
}

/** Walks the boxes of an AVIF or HEIC file (ISO/IEC 14496-12, 4.2 and 8.7.3). */
export function readIsoStructure(bytes: Uint8Array): IsoStructure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes = listBoxes(view, 0, view.length);
  const ended = boxes.every(({ end }) => end <= view.length);
  const tooComplex = countTiles(view) > MAX_TILES;
  const path = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsz'];
  const samples = path.reduce<Box | undefined>(
    (outer, type) => outer && findBox(view, outer, type),
    { type: 'file', start: 0, end: view.length },
  );
  if (!samples || samples.start + SAMPLE_COUNT_OFFSET + 4 > samples.end)
    return { ended, tooComplex, frames: 1 };
  return {
    ended,
    tooComplex,
    frames: Math.max(1, view.readUInt32BE(samples.start + SAMPLE_COUNT_OFFSET)),
  };
}

/** Items that others are derived from: `dimg` in `iref`, by its count of them (ISO/IEC 14496-12, 8.11.12). */
function countTiles(view: Buffer): number {
  const meta = findBox(view, { type: 'file', start: 0, end: view.length }, 'meta');
  const references = meta && findBox(view, { ...meta, start: meta.start + FULL_BOX_BYTES }, 'iref');
  if (!references || references.start + FULL_BOX_BYTES > references.end) return 0;
  const idBytes = view[references.start] === 0 ? 2 : 4;
  return listBoxes(view, references.start + FULL_BOX_BYTES, references.end)
    .filter(({ type, start, end }) => type === 'dimg' && start + idBytes + 2 <= end)
    .reduce((sum, { start }) => sum + view.readUInt16BE(start + idBytes), 0);
}

function findBox(view: Buffer, { start, end }: Box, type: string): Box | undefined {
  const found = listBoxes(view, start, end).find((box) => box.type === type);
  return found && { ...found, end: Math.min(found.end, end) };
}

/** What does not look like a box, behind others, was appended and is nobody's. */
function listBoxes(view: Buffer, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  let at = from;
  while (at + BOX_HEAD_BYTES <= to && boxes.length < MAX_BOXES) {
    const type = view.toString('latin1', at + 4, at + BOX_HEAD_BYTES);
    if (!/^[ -~]{4}$/.test(type)) break;
    const { head, size } = readSize(view, at, to);
    if (size < head) break;
    boxes.push({ type, start: at + head, end: at + size });
    at += size;
  }
  return boxes;
}

/** Sizes: 0 means up to the end, 1 that a size of 64 bits follows. */
function readSize(view: Buffer, at: number, to: number): { head: number; size: number } {
  const size = view.readUInt32BE(at);
  if (size === 0) return { head: BOX_HEAD_BYTES, size: to - at };
  if (size !== 1) return { head: BOX_HEAD_BYTES, size };
  const head = BOX_HEAD_BYTES + 8;
  return { head, size: at + head <= to ? Number(view.readBigUInt64BE(at + BOX_HEAD_BYTES)) : head };
}
