import { formatChecksums } from './checksums.ts';
import type { Storage } from './commit.ts';
import { judgeRead, readReadConditions } from './conditions.ts';
import type { S3Reply, S3Request } from './exchange.ts';
import { formatDetail, toWire } from './object-headers.ts';
import type { StoredObject } from './objects.ts';
import { describeChecksumType } from './put-object.ts';
import { type ByteRange, readRange } from './range.ts';
import { s3Error } from './s3-error.ts';

/** The parameters with which a signed GET chooses the headers of its answer. */
export const RESPONSE_OVERRIDES = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

export function getObject(storage: Storage, request: S3Request): S3Reply {
  const object = requireObject(storage, request);
  const reply = describeRead(object, request);
  if (reply.status >= 300) return reply;
  const range = readRange(request.headers.get('range'), object.size) ?? wholeOf(object);
  return { ...reply, body: storage.bodies.read(object.segments, range.start, range.end) };
}

export function headObject(storage: Storage, request: S3Request): S3Reply {
  return describeRead(requireObject(storage, request), request);
}

/** Throws NoSuchBucket, NoSuchKey. */
export function requireObject(
  storage: Storage,
  target: { bucket: string; key: string },
): StoredObject {
  storage.buckets.require(target.bucket);
  const object = storage.objects.find(target.bucket, target.key);
  if (object) return object;
  throw s3Error('NoSuchKey', { Key: target.key });
}

function wholeOf(object: StoredObject): ByteRange {
  return { start: 0, end: object.size - 1 };
}

function describeRead(object: StoredObject, request: S3Request): S3Reply {
  const judgement = judgeRead(object, readReadConditions(request.headers));
  if (judgement === 'precondition-failed') throw s3Error('PreconditionFailed');
  const validators = {
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modified).toUTCString(),
  };
  if (judgement === 'not-modified') return { status: 304, headers: validators };
  const range = readRange(request.headers.get('range'), object.size);
  const { start, end } = range ?? wholeOf(object);
  // The checksums are those of the whole object: with a range, a client would find them wrong.
  const withChecksums = request.headers.get('x-amz-checksum-mode') === 'ENABLED' && !range;
  return {
    status: range ? 206 : 200,
    headers: {
      'accept-ranges': 'bytes',
      ...validators,
      ...formatDetail(object.detail),
      ...readOverrides(request.query),
      ...(withChecksums && {
        ...formatChecksums(object.detail.checksums),
        ...describeChecksumType(object),
      }),
      ...(range && { 'content-range': `bytes ${start}-${end}/${object.size}` }),
      'content-length': String(end - start + 1),
    },
  };
}

function readOverrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of RESPONSE_OVERRIDES) {
    const value = query.get(name);
    if (value === undefined) continue;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would be a header of its own
    if (/[\u0000-\u001f]/.test(value)) throw s3Error('InvalidArgument', { ArgumentName: name });
    headers[name.slice('response-'.length)] = toWire(value);
  }
  return headers;
}
