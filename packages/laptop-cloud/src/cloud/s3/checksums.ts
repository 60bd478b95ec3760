import { createHash } from 'node:crypto';
import { createCrc32, createCrc32c, createCrc64Nvme, type RunningChecksum } from './crc.ts';
import { s3Error } from './s3-error.ts';

/** Each algorithm with the length of its digest in bytes. */
const DIGEST_BYTES = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type ChecksumAlgorithm = keyof typeof DIGEST_BYTES;
/** Checksums in base64, as their headers hold them; of several parts as `base64-N`. */
export type Checksums = { [Algorithm in ChecksumAlgorithm]?: string };

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = [
  'crc32',
  'crc32c',
  'crc64nvme',
  'sha1',
  'sha256',
];

export function createChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm === 'crc32') return createCrc32();
  if (algorithm === 'crc32c') return createCrc32c();
  if (algorithm === 'crc64nvme') return createCrc64Nvme();
  const hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

/** Reads `CRC32` or `crc32`; undefined for what is no algorithm of S3. */
export function readAlgorithm(text: string): ChecksumAlgorithm | undefined {
  const name = text.toLowerCase();
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name);
}

/** The element's name in XML: `ChecksumCRC64NVME`. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm.toUpperCase()}`;
}

function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm}`;
}

/** The checksums that headers, trailers or form fields declare; throws InvalidRequest for one of the wrong form. */
export function readChecksums(fields: ReadonlyMap<string, string>): Checksums {
  const checksums: Checksums = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const header = checksumHeader(algorithm);
    const value = fields.get(header);
    if (value === undefined) continue;
    checkEncoding(header, value, DIGEST_BYTES[algorithm]);
    checksums[algorithm] = value;
  }
  return checksums;
}

function checkEncoding(header: string, value: string, bytes: number): void {
  const digest = Buffer.from(value, 'base64');
  if (digest.length === bytes && digest.toString('base64') === value) return;
  throw s3Error('InvalidRequest', {}, `Value for ${header} header is invalid.`);
}

/** Throws BadDigest where a declared checksum is not that of the bytes received. */
export function checkChecksums(declared: Checksums, computed: Checksums): void {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = declared[algorithm];
    if (value === undefined || value === computed[algorithm]) continue;
    const name = algorithm.toUpperCase();
    throw s3Error(
      'BadDigest',
      {},
      `The ${name} you specified did not match the calculated checksum.`,
    );
  }
}

/** The response headers for stored checksums. */
export function formatChecksums(checksums: Checksums): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = checksums[algorithm];
    if (value !== undefined) headers[checksumHeader(algorithm)] = value;
  }
  return headers;
}

/** The XML elements for stored checksums. */
export function describeChecksums(checksums: Checksums): Record<string, string | undefined> {
  return Object.fromEntries(
    CHECKSUM_ALGORITHMS.map((algorithm) => [checksumElement(algorithm), checksums[algorithm]]),
  );
}
