import { ServiceError } from '../../../errors.ts';
import { MAX_ELEMENTS, MAX_INDEX_BYTES } from '../container-limits.ts';
import type { CountedFile } from '../counted-file.ts';
import { cutOff, malformed } from '../counted-file.ts';

interface Box {
  type: string;
  start: number;
  end: number;
}

/** Of a protected track (ISO/IEC 14496-12, 8.12): `sinf` begins with the format that was there before. */
const PROTECTED = /sinf.{4}frma/s;

/**
 * Whether an MP4 or QuickTime file is all there, by its boxes at the top: each says how long it is.
 * Throws `file_malformed`, `file_too_complex`, and `type_unsupported` where it is encrypted.
 */
export async function checkIsoBoxes(file: CountedFile): Promise<void> {
  const boxes = new Map<string, Box>();
  const isWhole = () => boxes.has('moov') && (boxes.has('mdat') || boxes.has('moof'));
  let at = 0;
  for (let count = 0; at < file.bytes; count += 1) {
    if (count > MAX_ELEMENTS) throw new ServiceError('file_too_complex', 'It has too many boxes.');
    const box = await readBox(file, at);
    // Some phones and cameras write a few bytes of their own behind the last box.
    if (!box && isWhole()) break;
    if (!box) throw malformed('The file holds something else than boxes.');
    if (box.end > file.bytes) throw cutOff();
    boxes.set(box.type, box);
    at = box.end;
  }
  const index = boxes.get('moov');
  if (!index || !isWhole()) throw cutOff();
  await checkIndex(file, index);
}

async function readBox(file: CountedFile, start: number): Promise<Box | undefined> {
  const head = Buffer.from(await file.read(start, start + 16));
  const type = head.toString('latin1', 4, 8);
  if (head.length < 8 || !/^[\w\xa9 -]{4}$/.test(type)) return undefined;
  const size = head.readUInt32BE();
  if (size === 0) return { type, start, end: file.bytes }; // to the end, whatever that is
  if (size !== 1) return size < 8 ? undefined : { type, start, end: start + size };
  if (head.length < 16) return undefined;
  return { type, start, end: start + Number(head.readBigUInt64BE(8)) };
}

async function checkIndex(file: CountedFile, { start, end }: Box): Promise<void> {
  if (end - start > MAX_INDEX_BYTES)
    throw new ServiceError('file_too_complex', 'Its index is too large.');
  const index = Buffer.from(await file.read(start, end)).toString('latin1');
  if (PROTECTED.test(index)) throw new ServiceError('type_unsupported', 'The file is encrypted.');
}
