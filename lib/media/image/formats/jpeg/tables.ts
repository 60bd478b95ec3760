// Markers of ITU-T T.81, table B.1.
const PROGRESSIVE = 0xc2;
const DHT = 0xc4;
const DQT = 0xdb;
const DRI = 0xdd;
/** Where the number of a segment's first table stands, and the components of a frame and of a scan. */
const TABLES_AT = 4;
const FRAME_COMPONENTS_AT = 10;
const SCAN_COMPONENTS_AT = 5;
const INTERVAL_BYTES = 6;
/** The upper half of a table's number: of codes for AC, and of 16 bits for one of quantisation. */
const AC = 16;
/** The interval of restarts is kept beside the tables, and may be missing. */
const INTERVAL = DRI << 8;

/** The tables of a JPEG as they come, of which those leave again that a scan uses. */
export interface TableStore {
  /** Takes a segment whole (from FF); false where it is none of tables, or holds anything beside them. */
  add(segment: Uint8Array): boolean;
  /** Segments of what this scan uses and came since the last; undefined where one never came. */
  take(frame: Uint8Array, scan: Uint8Array): Uint8Array[] | undefined;
}

export function createTableStore(): TableStore {
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
  const isProgressive = frame[1] === PROGRESSIVE;
  const hasDc = !isProgressive || (first === 0 && bits < AC);
  const hasAc = !isProgressive || first > 0;
  return Array.from({ length: count }, (_, index) => {
    const numbers = scan[SCAN_COMPONENTS_AT + 2 * index + 1] ?? 0;
    const dc = (DHT << 8) | (numbers >> 4);
    const ac = (DHT << 8) | AC | (numbers & 15);
    return [...(hasDc ? [dc] : []), ...(hasAc ? [ac] : [])];
  }).flat();
}
