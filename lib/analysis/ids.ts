import { createHash, randomBytes } from 'node:crypto';

/** An object as S3's event describes it. */
export interface UploadedObject {
  bucket: string;
  key: string;
  /** Bytes, as the event says. */
  size: number;
  sequencer: string;
  /** With its quotes, as S3's answers show it. */
  eTag?: string | undefined;
  /** ISO 8601. */
  eventTime: string;
}

const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, in byte order

/** The latest time that an id can hold: 50 bits of milliseconds. */
const MAX_ID_TIME = 2 ** 50 - 1;

/** An id that sorts by its time and tells nothing else. `now` in epoch milliseconds; ten bytes of entropy. */
export function createAnalysisId(now: number, entropy: Uint8Array = randomBytes(10)): string {
  return formatId(now, entropy);
}

/** The first and the last id that there can be of those made from one time to another, both included: epoch milliseconds. */
export function idsBetween(from = 0, to = MAX_ID_TIME): { first: string; last: string } {
  return {
    first: formatId(Math.max(from, 0), new Uint8Array(10)),
    last: formatId(Math.min(to, MAX_ID_TIME), new Uint8Array(10).fill(255)),
  };
}

/** The id of an object in the drop folder: the same event, however often it comes, is the same id. */
export function dropAnalysisId(object: UploadedObject): string {
  const name = JSON.stringify([object.bucket, object.key, object.sequencer]);
  const digest = createHash('sha256').update(name).digest();
  return formatId(Date.parse(object.eventTime), digest.subarray(0, 10));
}

/** The id of the event that tells of an analysis' end: the same, however often it is told of. */
export function eventIdFor(analysisId: string): string {
  return analysisId.replace(/^an_/, 'evt_');
}

function formatId(time: number, entropy: Uint8Array): string {
  const bits = (BigInt(time) << 80n) | BigInt(`0x${Buffer.from(entropy).toString('hex')}`);
  const digits = Array.from({ length: 26 }, (_, index) => {
    const digit = Number((bits >> BigInt(5 * (25 - index))) & 31n);
    return ID_ALPHABET.charAt(digit);
  });
  return `an_${digits.join('')}`;
}

/** The folder whose objects are analysed without being announced; the same key may be written again. */
export const DROP_FOLDER = 'drop/';

/** The key of an upload. It never contains the client's file name. */
export function uploadKey(id: string): string {
  return `uploads/${id}`;
}

/** The key of a file's picture in the bucket of results. */
export function pictureKey(id: string): string {
  return `pictures/${id}`;
}

const ID_PATTERN = /^an_[0-9a-hjkmnp-tv-z]{26}$/;

export function isAnalysisId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/** The id that an upload's key carries, or undefined for any other key. */
export function uploadIdOf(key: string): string | undefined {
  const [folder, id = '', ...rest] = key.split('/');
  return folder === 'uploads' && rest.length === 0 && isAnalysisId(id) ? id : undefined;
}

/** The id of the analysis that an object is for, or undefined for a key that nothing waits for. */
export function analysisIdFor(object: UploadedObject): string | undefined {
  const isDropped = object.key.startsWith(DROP_FOLDER) && !object.key.endsWith('/');
  return isDropped ? dropAnalysisId(object) : uploadIdOf(object.key);
}
