import { findMarker, segmentLength } from './markers.ts';
import { walkScan } from './scan.ts';
import { createTableStore, type TableStore } from './tables.ts';

// Markers of ITU-T T.81, table B.1.
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;
const APP0 = 0xe0;
const APP14 = 0xee;
const APP15 = 0xef;
/** Of 8 bits, with Huffman's codes: baseline, extended, progressive. */
const FRAMES = [0xc0, 0xc1, 0xc2];
const PROGRESSIVE = 0xc2;
const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, EOI]);
/** What says of which kind the colours are, in words of ours: theirs may hold anything. */
const JFIF = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
const ADOBE = Buffer.from('\xff\xee\0\x0eAdobe\0d\0\0\0\0', 'latin1');
/** Where the kind of Adobe's colours stands in its segment. */
const ADOBE_KIND = 15;

interface Stripped {
  colours: Map<number, Uint8Array>;
  frame: Uint8Array | undefined;
  tables: TableStore;
  parts: Uint8Array[];
  scans: number;
}

/**
 * The JPEG made anew of its coded data and the tables that it uses: no metadata, no preview, no table of
 * which nothing is made, nothing between or behind. Undefined where that is not known to be all of the
 * picture: four colours, 12 bits, arithmetic codes, data behind the last block, more bytes than `maxBytes`.
 */
export function stripJpeg(bytes: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const stripped: Stripped = {
    colours: new Map(),
    frame: undefined,
    tables: createTableStore(),
    parts: [],
    scans: 0,
  };
  let at = findMarker(bytes, 2);
  while (at < bytes.length && bytes[at] !== EOI) {
    const end = at + 1 + segmentLength(bytes, at + 1);
    const next = findMarker(bytes, end);
    const scan = bytes.subarray(end, bytes[at] === SOS ? withoutFill(bytes, next - 1) : end);
    if (!keep(stripped, bytes.subarray(at - 1, end), scan)) return undefined;
    at = next;
  }
  return at < bytes.length ? join(stripped, maxBytes) : undefined;
}

/** The decoder itself reads all scans of a progressive one, and of the others the first. */
function join({ colours, frame, parts, scans }: Stripped, maxBytes: number) {
  const own = Buffer.concat([START, ...colours.values(), ...parts, END]);
  if (scans === 0 || own.length > maxBytes) return undefined;
  if (frame?.[1] === PROGRESSIVE) return own;
  return scans === 1 && walkScan(own, own.length) === 'whole' ? own : undefined;
}

/** False for what it does not know. */
function keep(stripped: Stripped, segment: Uint8Array, scan: Uint8Array): boolean {
  const code = segment[1] ?? 0;
  if (code === SOS) return keepScan(stripped, segment, scan);
  if (FRAMES.includes(code)) return keepFrame(stripped, segment);
  if (code === APP0 && startsWith(segment, 'JFIF\0', 18)) stripped.colours.set(code, JFIF);
  else if (code === APP14 && startsWith(segment, 'Adobe', 16))
    stripped.colours.set(
      code,
      Buffer.concat([ADOBE, segment.subarray(ADOBE_KIND, ADOBE_KIND + 1)]),
    );
  else if (!isMetadata(code)) return stripped.tables.add(segment);
  return true;
}

function keepFrame(stripped: Stripped, segment: Uint8Array): boolean {
  if (stripped.frame || segment[4] !== 8 || (segment[9] !== 1 && segment[9] !== 3)) return false;
  stripped.frame = segment;
  return true;
}

function keepScan(stripped: Stripped, head: Uint8Array, scan: Uint8Array): boolean {
  const { frame, tables, parts } = stripped;
  const used = frame && tables.take(frame, head);
  if (!used) return false;
  if (stripped.scans === 0) parts.push(frame);
  parts.push(...used, head, scan);
  stripped.scans += 1;
  return true;
}

/** A marker may have any number of FF before it. */
function withoutFill(bytes: Uint8Array, end: number): number {
  let at = end;
  while (bytes[at - 1] === 0xff) at -= 1;
  return at;
}

/** Those of applications, and comments. */
function isMetadata(code: number): boolean {
  return (code >= APP0 && code <= APP15) || code === COM;
}

/** Shorter ones mean nothing to the decoder. */
function startsWith(segment: Uint8Array, text: string, minBytes: number): boolean {
  const start = Buffer.from(segment.subarray(4, 4 + text.length)).toString('latin1');
  return segment.length >= minBytes && start === text;
}
