import { MARKER, type Markers, walkMarkers } from './markers.ts';
import { walkScan } from './scan.ts';

const { APP0, APP14, APP15, COM, DHT, DQT, DRI, EOI, SOS } = MARKER;
/** Frames of 8 bits with Huffman's codes. */
const FRAMES: readonly number[] = [
  MARKER.SOF_BASELINE,
  MARKER.SOF_EXTENDED,
  MARKER.SOF_PROGRESSIVE,
];
const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, EOI]);
/** The segments that name the kind of colours, written anew: the file's own may hold anything. */
const JFIF = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
const ADOBE = Buffer.from('\xff\xee\0\x0eAdobe\0d\0\0\0\0', 'latin1');
/** The place of the kind of colours in Adobe's segment. */
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
export function stripJpeg(
  bytes: Uint8Array,
  { segments, endAt }: Markers,
  maxBytes: number,
): Uint8Array | undefined {
  if (endAt === undefined) return undefined;
  const stripped: Stripped = {
    colours: new Map(),
    frame: undefined,
    tables: createTableStore(),
    parts: [],
    scans: 0,
  };
  const [, ...behindStart] = segments;
  for (const [index, { marker, at, end }] of behindStart.entries()) {
    const next = behindStart[index + 1]?.at ?? endAt;
    const scan = bytes.subarray(end, marker === SOS ? withoutFill(bytes, next - 1) : end);
    if (!keep(stripped, bytes.subarray(at - 1, end), scan)) return undefined;
  }
  return join(stripped, maxBytes);
}

/** The decoder itself reads all scans of a progressive one, and of the others the first. */
function join({ colours, frame, parts, scans }: Stripped, maxBytes: number) {
  const own = Buffer.concat([START, ...colours.values(), ...parts, END]);
  if (scans === 0 || own.length > maxBytes) return undefined;
  if (frame?.[1] === MARKER.SOF_PROGRESSIVE) return own;
  const { segments } = walkMarkers(own);
  return scans === 1 && walkScan(own, segments, own.length) === 'whole' ? own : undefined;
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

/** Segments of applications, and comments. */
function isMetadata(code: number): boolean {
  return (code >= APP0 && code <= APP15) || code === COM;
}

/** Shorter ones mean nothing to the decoder. */
function startsWith(segment: Uint8Array, text: string, minBytes: number): boolean {
  const start = Buffer.from(segment.subarray(4, 4 + text.length)).toString('latin1');
  return segment.length >= minBytes && start === text;
}

/** The places of a segment's first table, and of the components of a frame and of a scan. */
const TABLES_AT = 4;
const FRAME_COMPONENTS_AT = 10;
const SCAN_COMPONENTS_AT = 5;
const INTERVAL_BYTES = 6;
/** The upper half of a table's number: of codes for AC, and of 16 bits for one of quantisation. */
const AC = 16;
/** The interval of restarts is kept beside the tables, and may be missing. */
const INTERVAL = DRI << 8;

/** The tables of a JPEG as they come, of which those leave again that a scan uses. */
interface TableStore {
  /** Takes a segment whole (from FF); false where it is none of tables, or holds anything beside them. */
  add(segment: Uint8Array): boolean;
  /** Segments of what this scan uses and came since the last; undefined where one never came. */
  take(frame: Uint8Array, scan: Uint8Array): Uint8Array[] | undefined;
}

function createTableStore(): TableStore {
  const all = new Map<number, Uint8Array>();
  const fresh = new Map<number, Uint8Array>();
  let scans = 0;
  return {
    add(segment) {
      const tables = listTables(segment);
      // The decoder looks at those of quantisation before a component's first scan alone.
      if (!tables || (segment[1] === DQT && scans > 0)) return false;
      for (const [key, table] of tables) all.set(key, table) && fresh.set(key, table);
      return true;
    },
    take(frame, scan) {
      const quantisers = scans === 0 ? listQuantisers(frame) : [];
      const used = new Set([...quantisers, ...listCodes(frame, scan)]);
      scans += 1;
      if (![...used].every((key) => all.has(key))) return undefined;
      const taken = [INTERVAL, ...used].flatMap((key) => fresh.get(key) ?? []);
      for (const key of [INTERVAL, ...used]) fresh.delete(key);
      return taken;
    },
  };
}

/** Each table by its kind and number, as a segment of its own. */
function listTables(segment: Uint8Array): [key: number, table: Uint8Array][] | undefined {
  const marker = segment[1] ?? 0;
  if (marker === DRI) return segment.length === INTERVAL_BYTES ? [[INTERVAL, segment]] : undefined;
  if (marker !== DHT && marker !== DQT) return undefined;
  const tables: [number, Uint8Array][] = [];
  let at = TABLES_AT;
  while (at < segment.length) {
    const number = segment[at] ?? 0;
    const end = at + 1 + (marker === DQT ? quantiserBytes(number) : codeBytes(segment, at + 1));
    const length = end - at + 2;
    const head = Buffer.from([0xff, marker, length >> 8, length & 0xff]);
    const key = (marker << 8) | (marker === DQT ? number % AC : number);
    tables.push([key, Buffer.concat([head, segment.subarray(at, end)])]);
    at = end;
  }
  return at === segment.length ? tables : undefined;
}

function quantiserBytes(number: number): number {
  return number < AC ? 64 : 128;
}

/** Sixteen counts by length, and the symbols that they count. */
function codeBytes(segment: Uint8Array, at: number): number {
  return segment.subarray(at, at + 16).reduce((sum, count) => sum + count, 16);
}

function listQuantisers(frame: Uint8Array): number[] {
  const count = frame[FRAME_COMPONENTS_AT - 1] ?? 0;
  return Array.from({ length: count }, (_, index) => {
    return (DQT << 8) | (frame[FRAME_COMPONENTS_AT + 3 * index + 2] ?? 0);
  });
}

/** A progressive scan is of DC or of AC alone, and one that refines DC has no codes. */
function listCodes(frame: Uint8Array, scan: Uint8Array): number[] {
  const count = scan[SCAN_COMPONENTS_AT - 1] ?? 0;
  const [first = 0, , bits = 0] = scan.subarray(SCAN_COMPONENTS_AT + 2 * count);
  const isProgressive = frame[1] === MARKER.SOF_PROGRESSIVE;
  const hasDc = !isProgressive || (first === 0 && bits < AC);
  const hasAc = !isProgressive || first > 0;
  return Array.from({ length: count }, (_, index) => {
    const numbers = scan[SCAN_COMPONENTS_AT + 2 * index + 1] ?? 0;
    const dc = (DHT << 8) | (numbers >> 4);
    const ac = (DHT << 8) | AC | (numbers & 15);
    return [...(hasDc ? [dc] : []), ...(hasAc ? [ac] : [])];
  }).flat();
}
