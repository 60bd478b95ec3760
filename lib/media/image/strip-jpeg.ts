import { findMarker, segmentLength } from './jpeg-structure.ts';

// Markers of ITU-T T.81, table B.1.
const EOI = 0xd9;
const SOS = 0xda;
const JFIF = 0xe0;
const ADOBE = 0xee;
/** Of 8 bits, with Huffman's codes: baseline, extended, progressive. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Tables of Huffman and of quantisation, and the interval of restarts. */
const TABLES = [0xc4, 0xdb, 0xdd];
/** With the pixels of a preview it is longer. */
const PLAIN_JFIF_BYTES = 16;
/** With anything behind its three numbers it is longer. */
const ADOBE_BYTES = 14;

/**
 * The JPEG with what it takes to show it and nothing else: no metadata, no preview, nothing behind its
 * end. Undefined where that is not known to be all of it: four colours, 12 bits, arithmetic codes.
 */
export function stripJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const kept = [bytes.subarray(0, 2)];
  let at = findMarker(bytes, 2);
  while (at < bytes.length) {
    const code = bytes[at] ?? 0;
    if (code === EOI) return Buffer.concat([...kept, bytes.subarray(at - 1, at + 1)]);
    const end = at + 1 + segmentLength(bytes, at + 1);
    const next = findMarker(bytes, end);
    const segment = bytes.subarray(at - 1, end);
    if (code === SOS) kept.push(bytes.subarray(at - 1, next - 1));
    else if (isNeeded(code, segment)) kept.push(segment);
    else if (!isMetadata(code)) return undefined;
    at = next;
  }
  return undefined;
}

function isNeeded(code: number, segment: Uint8Array): boolean {
  if (FRAMES.includes(code)) return segment[4] === 8 && segment[9] !== 4;
  if (code === JFIF) return segment.length === PLAIN_JFIF_BYTES + 2;
  if (code !== ADOBE) return TABLES.includes(code);
  return segment.length === ADOBE_BYTES + 2 && startsWith(segment, 'Adobe');
}

/** Those of applications, and comments. */
function isMetadata(code: number): boolean {
  return (code >= 0xe0 && code <= 0xef) || code === 0xfe;
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return Buffer.from(segment.subarray(4, 4 + text.length)).toString('latin1') === text;
}
