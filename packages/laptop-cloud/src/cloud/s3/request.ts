import type { Readable } from 'node:stream';
import { splitTarget } from '../canonical-request.ts';
import type { VerifiedSource } from './payload.ts';
import { notImplemented, s3Error } from './s3-error.ts';
import type { Storage } from './storage.ts';

/** A verified and parsed request. `bucket` and `key` are empty if the path has none. */
export interface S3Request {
  id: string;
  sourceIp: string;
  method: string;
  bucket: string;
  key: string;
  query: ReadonlyMap<string, string>;
  /** By name in lower case; for presigned requests the `x-amz-` parameters of the query, too. */
  headers: ReadonlyMap<string, string>;
  payload: VerifiedSource;
}

export interface S3Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Readable;
}

export type Operation = (storage: Storage, request: S3Request) => S3Reply | Promise<S3Reply>;

/** An XML answer. */
export function xmlReply(body: string, headers: Record<string, string> = {}): S3Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

export function originOf(request: S3Request): { requestId: string; sourceIp: string } {
  return { requestId: request.id, sourceIp: request.sourceIp };
}

const MAX_KEY_BYTES = 1_024;

/** The target of a path; the key is empty for a bucket, and both for the service. */
export interface Place {
  bucket: string;
  key: string;
}

/** Reads `/bucket/key` from a raw request target, without resolving `..`. Throws InvalidURI, KeyTooLongError. */
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

/** The supported x-amz headers, some with their supported values. */
const KNOWN = new Map<string, readonly string[] | undefined>([
  ['x-amz-acl', ['private', 'bucket-owner-full-control']],
  ['x-amz-checksum-algorithm', undefined],
  ['x-amz-checksum-mode', ['ENABLED']],
  ['x-amz-checksum-type', ['FULL_OBJECT', 'COMPOSITE']],
  ['x-amz-content-sha256', undefined],
  ['x-amz-copy-source', undefined],
  ['x-amz-copy-source-if-match', undefined],
  ['x-amz-copy-source-if-modified-since', undefined],
  ['x-amz-copy-source-if-none-match', undefined],
  ['x-amz-copy-source-if-unmodified-since', undefined],
  ['x-amz-copy-source-range', undefined],
  ['x-amz-date', undefined],
  ['x-amz-decoded-content-length', undefined],
  ['x-amz-metadata-directive', ['COPY', 'REPLACE']],
  ['x-amz-mp-object-size', undefined],
  ['x-amz-request-payer', ['requester']],
  ['x-amz-sdk-checksum-algorithm', undefined],
  // S3 encrypts in this way by default, and nobody can see it; here the disk's encryption has to do.
  ['x-amz-server-side-encryption', ['AES256']],
  ['x-amz-storage-class', ['STANDARD']],
  ['x-amz-tagging', undefined],
  ['x-amz-tagging-directive', ['COPY', 'REPLACE']],
  ['x-amz-trailer', undefined],
  ['x-amz-user-agent', undefined],
]);

const KNOWN_FAMILIES = /^x-amz-(meta-.+|checksum-(crc32|crc32c|crc64nvme|sha1|sha256))$/;
const OWNER_HEADERS = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'];

/** Throws NotImplemented for an unsupported x-amz header or form field. */
export function checkKnownHeaders(headers: ReadonlyMap<string, string>, accountId: string): void {
  for (const [name, value] of headers) {
    if (OWNER_HEADERS.includes(name)) {
      if (value !== accountId) throw s3Error('AccessDenied');
    } else if (name.startsWith('x-amz-')) {
      checkKnown(name, value);
    }
  }
}

function checkKnown(name: string, value: string): void {
  if (KNOWN_FAMILIES.test(name)) return;
  if (!KNOWN.has(name)) throw notImplemented(name);
  if (KNOWN.get(name)?.includes(value) === false) throw notImplemented(`${name}: ${value}`);
}

/** The largest document of the API has 10,000 parts with checksums. */
const MAX_DOCUMENT_BYTES = 4 * 1024 ** 2;

/** Reads a whole XML body, with the same checks as any other. Throws MalformedXML if it is too long. */
export async function collectText(payload: VerifiedSource): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const bytes of payload.source) {
    size += bytes.length;
    if (size > MAX_DOCUMENT_BYTES) throw s3Error('MalformedXML');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}
