import { notImplemented, s3Error } from './s3-error.ts';

/** The x-amz headers that this S3 heeds, and where only some values of one, these. */
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
  // S3 encrypts so whether asked or not, and shows it to nobody: on this machine the disk's own matter.
  ['x-amz-server-side-encryption', ['AES256']],
  ['x-amz-storage-class', ['STANDARD']],
  ['x-amz-tagging', undefined],
  ['x-amz-tagging-directive', ['COPY', 'REPLACE']],
  ['x-amz-trailer', undefined],
  ['x-amz-user-agent', undefined],
]);

const KNOWN_FAMILIES = /^x-amz-(meta-.+|checksum-(crc32|crc32c|crc64nvme|sha1|sha256))$/;
const OWNER_HEADERS = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'];

/** Answers 501 to every x-amz header or form field whose meaning would be lost here. */
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
