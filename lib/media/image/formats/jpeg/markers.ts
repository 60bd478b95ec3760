const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;
const TEM = 0x01;
/** Fifty times what real files have: profiles, previews and depth maps take a segment for each 64 KB. */
const MAX_SEGMENTS = 5_000;

export interface JpegStructure {
  scans: number;
  /** Is there an end marker? Without it the file was cut, even if a reduced decode does not notice. */
  ended: boolean;
  /** More segments than any encoder writes; the decoder keeps each. */
  tooComplex: boolean;
  hasComment: boolean;
}

/**
 * Walks the markers up to the first end marker. What stands behind it is not looked at: phones append
 * previews, depth maps and whole videos there. Segments are skipped by their length, so the scans of
 * an embedded thumbnail do not count (ITU-T T.81, annex B).
 */
export function readJpegStructure(bytes: Uint8Array): JpegStructure {
  const structure: JpegStructure = { scans: 0, ended: false, tooComplex: false, hasComment: false };
  let segments = 0;
  let at = findMarker(bytes, 0);
  while (at < bytes.length) {
    const marker = bytes[at];
    if (marker === EOI) return { ...structure, ended: true };
    segments += 1;
    if (segments > MAX_SEGMENTS) return { ...structure, tooComplex: true };
    if (marker === SOS) structure.scans += 1;
    if (marker === COM) structure.hasComment = true;
    at = findMarker(bytes, isStandalone(marker) ? at + 1 : at + 1 + segmentLength(bytes, at + 1));
  }
  return structure;
}

/**
 * The same without what stands between its first segments and belongs to none, as some cameras and
 * editors leave it: every decoder skips that, but ours, told to be strict, takes it for damage.
 */
export function dropJunk(bytes: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  let end = 2; // of what was looked at, behind the start marker
  let from = 0;
  for (let code = findMarker(bytes, end); code < bytes.length; code = findMarker(bytes, end)) {
    if (code - 1 > end) {
      kept.push(bytes.subarray(from, end));
      from = code - 1;
    }
    if (bytes[code] === SOS || bytes[code] === EOI) break;
    end = isStandalone(bytes[code]) ? code + 1 : code + 1 + segmentLength(bytes, code + 1);
  }
  return kept.length === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)]);
}

/** Each marker segment up to the first end marker, without its length; and where it ends. */
export function* listSegments(bytes: Uint8Array) {
  for (let at = findMarker(bytes, 0); at < bytes.length && bytes[at] !== EOI; ) {
    const marker = bytes[at] ?? 0;
    const end = isStandalone(marker) ? at + 1 : at + 1 + segmentLength(bytes, at + 1);
    yield { marker, data: bytes.subarray(at + 3, end), end };
    at = findMarker(bytes, end);
  }
}

/** Where the next marker's code stands. In the coded data FF 00 is a data byte, FF D0–D7 a restart. */
export function findMarker(bytes: Uint8Array, from: number): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = view.indexOf(0xff, from);
  while (at >= 0) {
    const code = view[at + 1] ?? 0;
    if (code !== 0 && code !== 0xff && !isRestart(code)) return at + 1;
    at = findFill(view, at + (code === 0xff ? 1 : 2));
  }
  return view.length;
}

/** In coded data they stand some hundred bytes from each other; nearer, as in a file made to cost time, a look is cheaper. */
const NEAR_BYTES = 16;

/** The next FF, or less than none. Node finds them ten times as fast as a loop does, but for what a call costs. */
function findFill(view: Buffer, from: number): number {
  const far = from + NEAR_BYTES;
  for (let at = from; at < far; at += 1) if (view[at] === 0xff) return at;
  return view.indexOf(0xff, far);
}

function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}

function isStandalone(code: number | undefined): boolean {
  return code === SOI || code === TEM;
}

/** The length counts its own two bytes. */
export function segmentLength(bytes: Uint8Array, at: number): number {
  return Math.max(2, ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}
