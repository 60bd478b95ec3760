import { MAX_FRAMES } from '../../picture-limits.ts';
import { type Box, findBox, findPath, listBoxes } from './boxes.ts';
import { isFrameDamaged, readTrack } from './track.ts';

/** Version and flags, which some boxes begin with. */
const FULL_BOX_BYTES = 4;
/**
 * Tiles that all grids of a file have together: 60 megapixels take 240 of 512 × 512. A grid may name one
 * tile of a few bytes tens of thousands of times, and it is decoded each time.
 */
const MAX_TILES = 1_000;

export interface IsoStructure {
  /** Is everything there that the boxes' lengths promise, and every frame of a sequence? */
  ended: boolean;
  /** A frame of an AVIF sequence that does not hold together: none but the still picture is decoded. */
  damaged: boolean;
  tooComplex: boolean;
  /** Of a sequence, by its first track; 1 else. */
  frames: number;
}

/** Walks the boxes of an AVIF or HEIC file (ISO/IEC 14496-12, 4.2 and 8.7). */
export function readIsoStructure(bytes: Uint8Array): IsoStructure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isInside = ({ end }: { end: number }) => end <= view.length;
  const track = readTrack(view, MAX_FRAMES);
  const samples = track?.samples ?? [];
  return {
    ended: listBoxes(view, 0, view.length).every(isInside) && samples.every(isInside),
    damaged: track?.codec === 'av01' && samples.some((sample) => isFrameDamaged(view, sample)),
    tooComplex: countTiles(view) > MAX_TILES,
    frames: Math.max(1, track?.frames ?? 1),
  };
}

/** Items that others are derived from: `dimg` in `iref`, by its count of them (ISO/IEC 14496-12, 8.11.12). */
function countTiles(view: Buffer): number {
  const meta = findPath(view, ['meta']);
  const references = meta && findBox(view, behindVersion(meta), 'iref');
  if (!references || references.start + FULL_BOX_BYTES > references.end) return 0;
  const idBytes = view[references.start] === 0 ? 2 : 4;
  return listBoxes(view, references.start + FULL_BOX_BYTES, references.end)
    .filter(({ type, start, end }) => type === 'dimg' && start + idBytes + 2 <= end)
    .reduce((sum, { start }) => sum + view.readUInt16BE(start + idBytes), 0);
}

function behindVersion(box: Box): Box {
  return { ...box, start: box.start + FULL_BOX_BYTES };
}
