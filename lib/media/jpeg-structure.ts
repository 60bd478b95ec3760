const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;
const TEM = 0x01;

export interface JpegStructure {
  scans: number;
  /** Is there an end marker? Without it the file was cut, even if a reduced decode does not notice. */
  ended: boolean;
  hasComment: boolean;
}

/**
 * Walks the markers up to the first end marker. What stands behind it is not looked at: phones append
 * previews, depth maps and whole videos there. Segments are skipped by their length, so the scans of
 * an embedded thumbnail do not count (ITU-T T.81, annex B).
 */
export function readJpegStructure(bytes: Uint8Array): JpegStructure {
  const structure: JpegStructure = { scans: 0, ended: false, hasComment: false };
  let at = findMarker(bytes, 0);
  while (at < bytes.length) {
    const marker = bytes[at];
    if (marker === EOI) return { ...structure, ended: true };
    if (marker === SOS) structure.scans += 1;
    if (marker === COM) structure.hasComment = true;
    at = findMarker(bytes, isStandalone(marker) ? at + 1 : at + 1 + segmentLength(bytes, at + 1));
  }
  return structure;
}

/** Where the next marker's code stands. In the coded data FF 00 is a data byte, FF D0–D7 a restart. */
function findMarker(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    const code = bytes[at] ?? 0;
    if (bytes[at - 1] === 0xff && code !== 0 && code !== 0xff && !isRestart(code)) return at;
  }
  return bytes.length;
}

function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}

function isStandalone(code: number | undefined): boolean {
  return code === SOI || code === TEM;
}

/** The length counts its own two bytes. */
function segmentLength(bytes: Uint8Array, at: number): number {
  return Math.max(2, ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}
