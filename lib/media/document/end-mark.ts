import { MAX_BYTES_BEHIND_END } from './document-limits.ts';

const END_MARK = '%%EOF';
/** Where a file that is written for the web says its length: in its first object. */
const START_BYTES = 1_024;

/**
 * Whether the file ends where it says. PDFium itself repairs what is cut off: half a document would be
 * analysed as if it were whole.
 */
export function hasEnd(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = file.lastIndexOf(END_MARK);
  if (end < 0) return false;
  const behind = file.subarray(end + END_MARK.length);
  // An object behind the end mark belongs to a later state of the document, whose own end is missing.
  const isCut = /\d\s+\d+\s+obj\b/.test(behind.toString('latin1', 0, MAX_BYTES_BEHIND_END));
  const start = file.toString('latin1', 0, START_BYTES);
  const promised = Number(/\/Linearized\b[^>]*?\/L\s+(\d+)/s.exec(start)?.[1] ?? 0);
  return behind.length <= MAX_BYTES_BEHIND_END && !isCut && promised <= bytes.length;
}
