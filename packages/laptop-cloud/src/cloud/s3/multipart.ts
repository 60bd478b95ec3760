import { randomUUID } from 'node:crypto';
import { inTransaction } from '../database.ts';
import { reportFailure } from '../disk-trouble.ts';
import { type ChecksumAlgorithm, formatChecksums, readAlgorithm } from './checksums.ts';
import { readDetail } from './object-detail.ts';
import type { VerifiedSource } from './payload.ts';
import { receiveBody } from './put-object.ts';
import type { Part, Upload, UploadDetail } from './records.ts';
import { type S3Reply, type S3Request, xmlReply } from './request.ts';
import { notImplemented, s3Error } from './s3-error.ts';
import type { Storage } from './storage.ts';
import { buildXml } from './xml.ts';

const MAX_PART_NUMBER = 10_000;

export function createMultipartUpload(storage: Storage, request: S3Request): S3Reply {
  const { bucket, key } = request;
  storage.buckets.require(bucket);
  const id = randomUUID().replaceAll('-', '');
  const detail = readUploadDetail(request);
  storage.uploads.start({ id, bucket, key, started: storage.now(), detail });
  const headers = detail.algorithm && {
    'x-amz-checksum-algorithm': detail.algorithm.toUpperCase(),
    'x-amz-checksum-type': detail.checksumType,
  };
  const tree = { Bucket: bucket, Key: key, UploadId: id };
  return xmlReply(buildXml('InitiateMultipartUploadResult', tree), headers);
}

function readUploadDetail({ headers }: S3Request): UploadDetail {
  const object = readDetail(headers, {});
  const named = headers.get('x-amz-checksum-algorithm');
  if (named === undefined) return { object, checksumType: 'FULL_OBJECT' };
  const algorithm = readAlgorithm(named);
  if (!algorithm) throw notImplemented(`checksum algorithm ${named}`);
  const checksumType = headers.get('x-amz-checksum-type') ?? defaultType(algorithm);
  const isSha = algorithm === 'sha1' || algorithm === 'sha256';
  if (checksumType === 'FULL_OBJECT' && !isSha) return { object, algorithm, checksumType };
  if (checksumType === 'COMPOSITE' && algorithm !== 'crc64nvme') {
    return { object, algorithm, checksumType };
  }
  const message = `The ${checksumType} checksum type cannot be used with the ${named} checksum algorithm.`;
  throw s3Error('InvalidRequest', {}, message);
}

function defaultType(algorithm: ChecksumAlgorithm): 'FULL_OBJECT' | 'COMPOSITE' {
  return algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE';
}

/** The upload that the request names. Throws NoSuchUpload, also for an upload of another bucket or key. */
export function requireUpload(storage: Storage, request: S3Request): Upload {
  storage.buckets.require(request.bucket);
  const id = request.query.get('uploadId') ?? '';
  const upload = storage.uploads.find(id);
  if (upload?.bucket === request.bucket && upload.key === request.key) return upload;
  throw s3Error('NoSuchUpload', { UploadId: id });
}

export async function uploadPart(storage: Storage, request: S3Request): Promise<S3Reply> {
  const { etag, checksums } = await storePart(storage, request, request.payload);
  return { status: 200, headers: { etag: `"${etag}"`, ...formatChecksums(checksums) } };
}

/** Stores the part that the request names, and replaces an earlier one. */
export function storePart(
  storage: Storage,
  request: S3Request,
  payload: VerifiedSource,
): Promise<Part> {
  const { id } = requireUpload(storage, request);
  const number = readPartNumber(request);
  return receiveBody(storage, payload, ({ file, size, md5 }, checksums) => {
    const modified = storage.now();
    const part = { number, size, etag: md5.toString('hex'), modified, file, checksums };
    const replaced = inTransaction(storage.database, () => {
      requireUpload(storage, request); // it may have been completed or aborted meanwhile
      const before = storage.uploads.findPart(id, number);
      storage.uploads.putPart(id, part);
      return before;
    });
    if (replaced) storage.bodies.remove([replaced]);
    return part;
  });
}

function readPartNumber(request: S3Request): number {
  const number = Number(request.query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw s3Error(
    'InvalidArgument',
    { ArgumentName: 'partNumber', ArgumentValue: request.query.get('partNumber') ?? '' },
    `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
  );
}

export function abortMultipartUpload(storage: Storage, request: S3Request): S3Reply {
  removeUpload(storage, requireUpload(storage, request).id);
  return { status: 204 };
}

/** Removes an unfinished upload with its parts. */
function removeUpload(storage: Storage, id: string): void {
  const parts = storage.uploads.listParts(id);
  inTransaction(storage.database, () => storage.uploads.remove(id));
  storage.bodies.remove(parts);
}

const SWEEP_INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

/** The one supported lifecycle rule: it aborts unfinished multipart uploads. Objects do not expire. */
export interface Lifecycle {
  /** Days that a multipart upload may take in this bucket; undefined: no limit. */
  declare(bucket: string, days: number | undefined): void;
  /** Aborts overdue uploads. Runs every minute by itself, and when a bucket is declared. */
  sweep(): void;
  close(): void;
}

export function createLifecycle(storage: Storage): Lifecycle {
  const daysOf = new Map<string, number>();
  const sweep = (): void => {
    for (const [bucket, days] of daysOf)
      for (const { id, started } of storage.uploads.list(bucket))
        if (dueAt(started, days) <= storage.now()) removeUpload(storage, id);
  };
  const timer = setInterval(() => {
    try {
      sweep();
    } catch (error) {
      reportFailure('uploads that are due could not be ended', error); // next time
    }
  }, SWEEP_INTERVAL_MS).unref();
  return {
    declare: (bucket, days) => {
      if (days === undefined) daysOf.delete(bucket);
      else daysOf.set(bucket, days);
      sweep();
    },
    sweep,
    close: () => clearInterval(timer),
  };
}

/**
 * S3 rounds up to the next midnight of UTC.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function dueAt(started: number, days: number): number {
  return Math.ceil((started + days * DAY_MS) / DAY_MS) * DAY_MS;
}
