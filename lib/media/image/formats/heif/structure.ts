import { MAX_FRAMES } from '../../picture-limits.ts';
import type { Size, Structure } from '../picture-format.ts';
import { type Box, findBox, findPath, listBoxes } from './boxes.ts';
import { isFrameDamaged, readTrack, type Track } from './sequence.ts';

/** Version and flags, which some boxes begin with. */
const FULL_BOX_BYTES = 4;
/**
 * Tiles that all grids of a file have together: 60 megapixels take 240 of 512 × 512. A grid may name one
 * tile of a few bytes tens of thousands of times, and it is decoded each time.
 */
const MAX_TILES = 1_000;

export interface HeifStructure extends Structure {
  /** The pictures of a sequence, by its first track. */
  track: Track | undefined;
  /** Whether the file holds a still picture, and not a sequence alone. */
  hasPrimaryItem: boolean;
  /** Colour primaries and transfer function by their numbers in ITU-T H.273. */
  namedColours: { primaries: number; transfer: number } | undefined;
}

/**
 * Walks the boxes of an AVIF or HEIC file (ISO/IEC 14496-12, 4.2 and 8.7). Damaged is one with a frame of an AVIF
 * sequence that does not hold together: none but the still picture is decoded.
 */
export function walkHeif(bytes: Uint8Array): HeifStructure {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isInside = ({ end }: { end: number }) => end <= view.length;
  const meta = findPath(view, ['meta']);
  const find = (type: string) => meta && findBox(view, behindVersion(meta), type);
  const properties = listProperties(view, find('iprp'));
  const track = readTrack(view, MAX_FRAMES);
  const samples = track?.samples ?? [];
  return {
    ended: listBoxes(view, 0, view.length).every(isInside) && samples.every(isInside),
    damaged: track?.codec === 'av01' && samples.some((sample) => isFrameDamaged(view, sample)),
    tooComplex: countTiles(view, find('iref')) > MAX_TILES,
    frames: Math.max(1, track?.frames ?? 1),
    declaredSize: readLargestItem(view, properties),
    track,
    hasPrimaryItem: find('pitm') !== undefined,
    namedColours: readNamedColours(view, properties),
  };
}

/** The properties of all items, without their items (ISO/IEC 23008-12, 9.3). */
function listProperties(view: Buffer, properties: Box | undefined): Box[] {
  const container = properties && findBox(view, properties, 'ipco');
  return container ? listBoxes(view, container.start, Math.min(container.end, view.length)) : [];
}

/** The sizes of all items stand in `ispe` (ISO/IEC 23008-12, 6.5.3). */
function readLargestItem(view: Buffer, properties: readonly Box[]): Size | undefined {
  return properties
    .filter(({ type, start, end }) => type === 'ispe' && start + 12 <= Math.min(end, view.length))
    .map(({ start: at }) => ({
      width: view.readUInt32BE(at + 4),
      height: view.readUInt32BE(at + 8),
    }))
    .toSorted((one, other) => other.width * other.height - one.width * one.height)[0];
}

/** Colours that are named by numbers alone (`nclx`, ISO/IEC 14496-12, 12.1.5). */
function readNamedColours(view: Buffer, properties: readonly Box[]) {
  const named = properties.find(
    ({ type, start, end }) =>
      type === 'colr' &&
      start + 8 <= Math.min(end, view.length) &&
      view.toString('latin1', start, start + 4) === 'nclx',
  );
  return (
    named && {
      primaries: view.readUInt16BE(named.start + 4),
      transfer: view.readUInt16BE(named.start + 6),
    }
  );
}

/** Items that others are derived from: `dimg` in `iref`, by its count of them (ISO/IEC 14496-12, 8.11.12). */
function countTiles(view: Buffer, references: Box | undefined): number {
  if (!references || references.start + FULL_BOX_BYTES > references.end) return 0;
  const idBytes = view[references.start] === 0 ? 2 : 4;
  return listBoxes(view, references.start + FULL_BOX_BYTES, references.end)
    .filter(
      ({ type, start, end }) =>
        type === 'dimg' && start + idBytes + 2 <= Math.min(end, references.end),
    )
    .reduce((sum, { start }) => sum + view.readUInt16BE(start + idBytes), 0);
}

function behindVersion(box: Box): Box {
  return { ...box, start: box.start + FULL_BOX_BYTES };
}
