import { ServiceError } from '../../../errors.ts';
import { listBrands } from '../../ftyp.ts';
import { MAX_ELEMENTS, MAX_INDEX_BYTES } from '../container-limits.ts';
import type { CountedFile } from '../counted-file.ts';
import { cutOff, malformed } from '../counted-file.ts';
import { type ContainerFormat, hasPictures } from './container-format.ts';

interface Box {
  type: string;
  start: number;
  end: number;
}

/** The mark of an encrypted track (ISO/IEC 14496-12, 8.12): `sinf` begins with the original format. */
const PROTECTED = /sinf.{4}frma/s;

const VIDEO_BRAND = /^(isom|iso\w|mp4\d|mmp4|avc1|dash|M4V |3g[p2]\w|XAVC|qt {2})$/;

const chooseMp4: ContainerFormat['chooseType'] = (facts) =>
  hasPictures(facts) ? 'video/mp4' : 'audio/mp4';

export const mp4: ContainerFormat = {
  matches: (start) => detectKind(start) === 'mp4',
  checkEnd: checkBoxes,
  chooseType: chooseMp4,
};

export const m4a: ContainerFormat = {
  matches: (start) => detectKind(start) === 'm4a',
  checkEnd: checkBoxes,
  chooseType: chooseMp4,
};

export const quicktime: ContainerFormat = {
  matches: (start) => detectKind(start) === 'quicktime',
  checkEnd: checkBoxes,
  chooseType: (facts) => (hasPictures(facts) ? 'video/quicktime' : 'audio/mp4'),
};

function detectKind(start: string): 'mp4' | 'm4a' | 'quicktime' | undefined {
  const brands = listBrands(start);
  if (/^(M4[ABP] |F4A )$/.test(brands[0] ?? '')) return 'm4a';
  if (brands[0] === 'qt  ') return 'quicktime';
  return brands.some((brand) => VIDEO_BRAND.test(brand)) ? 'mp4' : undefined;
}

/**
 * An MP4 or QuickTime file has to hold all of its boxes at the top, each of which says how long it is.
 * Throws `file_malformed`, `file_too_complex`, and `type_unsupported` where it is encrypted.
 */
async function checkBoxes(file: CountedFile): Promise<void> {
  const boxes = new Map<string, Box>();
  const isWhole = () => boxes.has('moov') && (boxes.has('mdat') || boxes.has('moof'));
  let at = 0;
  for (let count = 0; at < file.bytes; count += 1) {
    if (count > MAX_ELEMENTS)
      throw new ServiceError('file_too_complex', 'The file has too many boxes.');
    const box = await readBox(file, at);
    // Some phones and cameras write a few bytes of their own behind the last box.
    if (!box && isWhole()) break;
    if (!box) throw malformed('The file holds bytes that are no box.');
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
    throw new ServiceError('file_too_complex', 'The index of the file (moov) is too large.');
  const index = Buffer.from(await file.read(start, end)).toString('latin1');
  if (PROTECTED.test(index)) throw new ServiceError('type_unsupported', 'The file is encrypted.');
}
