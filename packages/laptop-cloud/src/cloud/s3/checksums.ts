import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { s3Error } from './s3-error.ts';

/** Each algorithm with the length of its digest in bytes. */
const DIGEST_BYTES = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type ChecksumAlgorithm = keyof typeof DIGEST_BYTES;
/** Checksums in base64, as in headers; composite ones as `base64-N`. */
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

/** Reads `CRC32` or `crc32`; undefined if S3 has no such algorithm. */
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

/** The checksums in headers, trailers or form fields; throws InvalidRequest for a malformed one. */
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

/** Throws BadDigest if a declared checksum differs from that of the received bytes. */
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

/** A running checksum: bytes in, big-endian digest out. */
interface RunningChecksum {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
  }
  return value >>> 0;
});

const CRC64_TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1n ? (value >> 1n) ^ CRC64NVME_POLYNOMIAL : value >> 1n;
  }
  return value;
});
// Two halves of 32 bits: BigInt in the inner loop would be a hundred times slower.
const CRC64_HIGH = Uint32Array.from(CRC64_TABLE, (value) => Number(value >> 32n));
const CRC64_LOW = Uint32Array.from(CRC64_TABLE, (value) => Number(value & 0xffffffffn));

function createCrc32(): RunningChecksum {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: () => bigEndian(value),
  };
}

function createCrc32c(): RunningChecksum {
  let value = 0xffffffff;
  return {
    update: (bytes) => {
      for (const byte of bytes) {
        value = (CRC32C_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
      }
    },
    digest: () => bigEndian(~value >>> 0),
  };
}

/** CRC-64/NVME, the newest of S3's checksums and its own default. */
function createCrc64Nvme(): RunningChecksum {
  let high = 0xffffffff;
  let low = 0xffffffff;
  return {
    update: (bytes) => {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff;
        low = (CRC64_LOW[index] ?? 0) ^ ((low >>> 8) | (high << 24));
        high = (CRC64_HIGH[index] ?? 0) ^ (high >>> 8);
      }
    },
    digest: () => Buffer.concat([bigEndian(~high >>> 0), bigEndian(~low >>> 0)]),
  };
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
