import { formatChecksums } from './checksums.ts';
import { judgeRead, readReadConditions } from './conditions.ts';
import { formatDetail, parseTagXml, toWire } from './object-detail.ts';
import { describeChecksumType } from './put-object.ts';
import type { StoredObject, Tag } from './records.ts';
import { collectText, type S3Reply, type S3Request, xmlReply } from './request.ts';
import { s3Error } from './s3-error.ts';
import type { Storage } from './storage.ts';
import { buildXml } from './xml.ts';

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

/** In bytes, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Reads a Range header. Undefined, and so the whole object, for several ranges and for what is not
 * understood, as S3 has it; throws InvalidRange (416) where no byte of the object is in the range.
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = parts ?? [];
  if (!parts || (first === '' && last === '')) return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start < size && start <= end) return { start, end };
  throw s3Error('InvalidRange', { RangeRequested: header ?? '', ActualObjectSize: size });
}

export async function putTagging(storage: Storage, request: S3Request): Promise<S3Reply> {
  const tags = parseTagXml(await collectText(request.payload));
  return writeTags(storage, request, tags, 200);
}

export function deleteTagging(storage: Storage, request: S3Request): S3Reply {
  return writeTags(storage, request, [], 204);
}

export function getTagging(storage: Storage, request: S3Request): S3Reply {
  const { tags } = requireObject(storage, request).detail;
  const Tag = tags.map(({ key, value }) => ({ Key: key, Value: value }));
  return xmlReply(buildXml('Tagging', { TagSet: { Tag } }));
}

function writeTags(storage: Storage, request: S3Request, tags: Tag[], status: number): S3Reply {
  const object = requireObject(storage, request);
  storage.objects.put({ ...object, detail: { ...object.detail, tags } });
  return { status };
}
