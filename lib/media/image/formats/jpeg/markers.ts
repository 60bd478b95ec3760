/** The markers that mean something here (ITU-T T.81, table B.1); SOFs with Huffman's codes alone. */
export const MARKER = {
  TEM: 0x01,
  SOF_BASELINE: 0xc0,
  SOF_EXTENDED: 0xc1,
  SOF_PROGRESSIVE: 0xc2,
  DHT: 0xc4,
  SOI: 0xd8,
  EOI: 0xd9,
  SOS: 0xda,
  DQT: 0xdb,
  DRI: 0xdd,
  APP0: 0xe0,
  APP14: 0xee,
  APP15: 0xef,
  COM: 0xfe,
} as const;
/** Fifty times what real files have: profiles, previews and depth maps take a segment for each 64 KB. */
const MAX_SEGMENTS = 5_000;

export interface Segment {
  marker: number;
  /** The place of the marker's code, behind its FF. */
  at: number;
  /** Behind its last byte; the coded data of a scan begins there. */
  end: number;
}

export interface Markers {
  /** Up to the end marker, which is not among them. */
  segments: readonly Segment[];
  /** The place of the end marker's code; undefined where there is none. */
  endAt: number | undefined;
  /** Whether there are more segments than any encoder writes; the decoder keeps each. */
  tooMany: boolean;
}

/**
 * Walks the markers up to the first end marker. What stands behind it is not looked at: phones append
 * previews, depth maps and whole videos there. Segments are skipped by their length, so the scans of
 * an embedded thumbnail do not count (ITU-T T.81, annex B).
 */
export function walkMarkers(bytes: Uint8Array): Markers {
  const segments: Segment[] = [];
  let at = findMarker(bytes, 0);
  while (at < bytes.length) {
    const marker = bytes[at] ?? 0;
    if (marker === MARKER.EOI) return { segments, endAt: at, tooMany: false };
    if (segments.length === MAX_SEGMENTS) return { segments, endAt: undefined, tooMany: true };
    const end = isStandalone(marker) ? at + 1 : at + 1 + segmentLength(bytes, at + 1);
    segments.push({ marker, at, end });
    at = findMarker(bytes, end);
  }
  return { segments, endAt: undefined, tooMany: false };
}

/** A segment's content, behind its length. */
export function contentOf(bytes: Uint8Array, { at, end }: Segment): Uint8Array {
  return bytes.subarray(at + 3, end);
}

/** The place of the next marker's code. In the coded data FF 00 is a data byte, FF D0–D7 a restart. */
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

/** Restarts (RST0 to RST7) stand within the coded data. */
export function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}

function isStandalone(code: number | undefined): boolean {
  return code === MARKER.SOI || code === MARKER.TEM;
}

/** The length counts its own two bytes. */
function segmentLength(bytes: Uint8Array, at: number): number {
  return Math.max(2, ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}
