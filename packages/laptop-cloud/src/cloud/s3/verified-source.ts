import { createHash } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  type Checksums,
  checkChecksums,
  createChecksum,
} from './checksums.ts';
import { s3Error } from './s3-error.ts';

export interface Expectations {
  /** What the sender declared; read at the end, as trailers come last. */
  declared: () => Checksums;
  /** What is computed, whether declared or not. */
  algorithms: readonly ChecksumAlgorithm[];
  /** Content-MD5, in base64. */
  md5?: string | undefined;
  /** The payload's hash that the request's signature covers, in hex. */
  sha256?: string | undefined;
  length?: number | undefined;
  /** In bytes; beyond it the source throws EntityTooLarge. */
  maxLength: number;
}

export interface VerifiedSource {
  /** The same bytes; throws at their end where they are not what was declared. */
  source: AsyncIterable<Buffer>;
  /** The checksums of all bytes, known after the end. */
  checksums: () => Checksums;
}

/** Passes bytes on and checks them: nothing that reads this to its end has been lied to. */
export function verifySource(
  source: AsyncIterable<Buffer>,
  expectations: Expectations,
): VerifiedSource {
  const computed: Checksums = {};
  return {
    source: checkBytes(source, expectations, computed),
    checksums: () => computed,
  };
}

async function* checkBytes(
  source: AsyncIterable<Buffer>,
  expectations: Expectations,
  computed: Checksums,
): AsyncGenerator<Buffer> {
  const { algorithms, maxLength, length, md5, sha256 } = expectations;
  const running = algorithms.map((algorithm) => [algorithm, createChecksum(algorithm)] as const);
  const md5Hash = md5 === undefined ? undefined : createHash('md5');
  const sha256Hash = sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  for await (const bytes of source) {
    size += bytes.length;
    if (size > maxLength) throw tooLarge(size, maxLength);
    md5Hash?.update(bytes);
    sha256Hash?.update(bytes);
    for (const [, checksum] of running) checksum.update(bytes);
    yield bytes;
  }
  for (const [algorithm, checksum] of running) {
    computed[algorithm] = checksum.digest().toString('base64');
  }
  if (length !== undefined && length !== size) throw s3Error('IncompleteBody');
  if (sha256Hash?.digest('hex') !== sha256) throw s3Error('XAmzContentSHA256Mismatch');
  if (md5Hash?.digest('base64') !== md5) throw s3Error('BadDigest');
  checkChecksums(expectations.declared(), computed);
}

export function tooLarge(size: number, maxLength: number): Error {
  return s3Error('EntityTooLarge', { ProposedSize: size, MaxSizeAllowed: maxLength });
}
