import { splitTarget } from '../uri-encoding.ts';
import { s3Error } from './s3-error.ts';

export const MAX_KEY_BYTES = 1_024;

/** What a path names; the key is empty for a bucket, both for the service. */
export interface Place {
  bucket: string;
  key: string;
}

/** Reads `/bucket/key` of a raw request target, resolving nothing. Throws InvalidURI, KeyTooLongError. */
export function readPlace(target: string): Place {
  const path = decodePath(splitTarget(target).path);
  if (!path.startsWith('/')) throw s3Error('InvalidURI', { URI: target });
  const mark = path.indexOf('/', 1);
  if (mark < 0) return { bucket: path.slice(1), key: '' };
  return { bucket: path.slice(1, mark), key: checkKey(path.slice(mark + 1)) };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw s3Error('InvalidURI', { URI: path });
  }
}

export function checkKey(key: string): string {
  const size = Buffer.byteLength(key);
  if (size <= MAX_KEY_BYTES) return key;
  throw s3Error('KeyTooLongError', { Size: size, MaxSizeAllowed: MAX_KEY_BYTES });
}
