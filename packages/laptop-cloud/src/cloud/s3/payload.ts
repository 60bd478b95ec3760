import { createHash } from 'node:crypto';
import type { Authorization } from '../sigv4.ts';
import {
  type ChecksumAlgorithm,
  type Checksums,
  checkChecksums,
  createChecksum,
  readAlgorithm,
  readChecksums,
} from './checksums.ts';
import { createChunkSigner, decodeChunked } from './chunked.ts';
import { notImplemented, s3Error } from './s3-error.ts';

/** 5 GB, the most that one PUT may hold. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

const CHUNKED_KINDS = new Map([
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { signed: true, trailing: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { signed: true, trailing: true }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { signed: false, trailing: true }],
]);

/**
 * The body of a signed request, decoded and checked against all its declarations: payload hash or chunk
 * signatures, length, Content-MD5, checksums in headers or trailers.
 */
export function openPayload(
  body: AsyncIterable<Buffer>,
  headers: ReadonlyMap<string, string>,
  authorization: Authorization,
): VerifiedSource {
  const kind = CHUNKED_KINDS.get(authorization.payloadHash);
  const length = readLength(headers, kind !== undefined);
  const declared = readChecksums(headers);
  const shared = { length, maxLength: MAX_PUT_BYTES, md5: readContentMd5(headers) };
  const algorithms = listAlgorithms(headers, declared);
  if (!kind) {
    const sha256 = readPayloadHash(authorization.payloadHash);
    return verifySource(body, { ...shared, declared: () => declared, algorithms, sha256 });
  }
  const trailerNames = kind.trailing ? readTrailerNames(headers) : [];
  let trailers: Checksums = {};
  const decoded = decodeChunked(body, {
    ...(kind.signed && { signer: createChunkSigner(authorization) }),
    trailing: kind.trailing,
    onTrailers: (received) => {
      trailers = readTrailers(received, trailerNames);
    },
  });
  return verifySource(decoded, {
    ...shared,
    declared: () => ({ ...declared, ...trailers }),
    algorithms: [...new Set([...algorithms, ...trailerNames])],
  });
}

function readLength(headers: ReadonlyMap<string, string>, chunked: boolean): number | undefined {
  const text = headers.get(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined) {
    if (chunked || headers.has('transfer-encoding')) throw s3Error('MissingContentLength');
    return undefined;
  }
  const length = Number(text);
  if (!Number.isSafeInteger(length) || length < 0) throw s3Error('InvalidArgument');
  if (length > MAX_PUT_BYTES) throw tooLarge(length, MAX_PUT_BYTES);
  return length;
}

function readContentMd5(headers: ReadonlyMap<string, string>): string | undefined {
  const text = headers.get('content-md5');
  if (text === undefined) return undefined;
  const digest = Buffer.from(text, 'base64');
  if (digest.length === 16 && digest.toString('base64') === text) return text;
  throw s3Error('InvalidDigest');
}

function readPayloadHash(payloadHash: string): string | undefined {
  if (payloadHash === 'UNSIGNED-PAYLOAD') return undefined;
  if (/^[0-9a-f]{64}$/.test(payloadHash)) return payloadHash;
  if (payloadHash.startsWith('STREAMING-')) throw notImplemented(payloadHash);
  throw s3Error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-content-sha256' },
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.',
  );
}

function listAlgorithms(
  headers: ReadonlyMap<string, string>,
  declared: Checksums,
): ChecksumAlgorithm[] {
  const named = headers.get('x-amz-sdk-checksum-algorithm');
  const names = [...Object.keys(declared), ...(named === undefined ? [] : [named])];
  return [...new Set(names.map(requireAlgorithm))];
}

function requireAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = readAlgorithm(name);
  if (algorithm) return algorithm;
  throw notImplemented(`checksum algorithm ${name}`);
}

function readTrailerNames(headers: ReadonlyMap<string, string>): ChecksumAlgorithm[] {
  const names = (headers.get('x-amz-trailer') ?? '').split(',').map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .map((name) => requireAlgorithm(name.toLowerCase().replace('x-amz-checksum-', '')));
}

function readTrailers(
  received: ReadonlyMap<string, string>,
  announced: readonly ChecksumAlgorithm[],
): Checksums {
  const checksums = readChecksums(received);
  const complete =
    received.size === announced.length && announced.every((name) => checksums[name] !== undefined);
  if (complete) return checksums;
  throw s3Error('MalformedTrailerError');
}

interface Expectations {
  /** The sender's checksums; read at the end, for trailers come last. */
  declared: () => Checksums;
  /** The checksums to compute, declared or not. */
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
  /** The same bytes; throws after the last one if they are not as declared. */
  source: AsyncIterable<Buffer>;
  /** The checksums of all bytes, known after the end. */
  checksums: () => Checksums;
}

/** Passes bytes on and checks them: whoever reads to the end has the declared bytes. */
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
