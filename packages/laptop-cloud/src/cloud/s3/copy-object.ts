import { CHECKSUM_ALGORITHMS, describeChecksums, readAlgorithm } from './checksums.ts';
import { judgeRead, readReadConditions, readWriteConditions } from './conditions.ts';
import { type ByteRange, readRange, requireObject } from './get-object.ts';
import { requireUpload, storePart } from './multipart.ts';
import { parseTagQuery, readDetail } from './object-detail.ts';
import { MAX_PUT_BYTES, verifySource } from './payload.ts';
import { buildObject, receiveBody } from './put-object.ts';
import type { ObjectDetail, StoredObject } from './records.ts';
import { originOf, type S3Reply, type S3Request, xmlReply } from './request.ts';
import { notImplemented, s3Error } from './s3-error.ts';
import { commitObject, type Storage } from './storage.ts';
import { buildXml } from './xml.ts';

export async function copyObject(storage: Storage, request: S3Request): Promise<S3Reply> {
  storage.buckets.require(request.bucket);
  const source = findSource(storage, request);
  const detail = chooseDetail(source, request);
  const payload = verifySource(storage.bodies.read(source.segments, 0, source.size - 1), {
    declared: () => ({}),
    algorithms: chooseAlgorithms(source, request),
    maxLength: MAX_PUT_BYTES,
  });
  return receiveBody(storage, payload, (body, checksums) => {
    const object = buildObject(storage, request, body, { ...detail, checksums });
    commitObject(storage, object, {
      eventName: 'ObjectCreated:Copy',
      origin: originOf(request),
      conditions: readWriteConditions(request.headers),
    });
    return xmlReply(
      buildXml('CopyObjectResult', {
        LastModified: new Date(object.modified).toISOString(),
        ETag: `"${object.etag}"`,
        ...describeChecksums(checksums),
      }),
    );
  });
}

function chooseDetail(source: StoredObject, request: S3Request): ObjectDetail {
  const replaces = request.headers.get('x-amz-metadata-directive') === 'REPLACE';
  const replacesTags = request.headers.get('x-amz-tagging-directive') === 'REPLACE';
  const inPlace = source.bucket === request.bucket && source.key === request.key;
  if (inPlace && !replaces && !replacesTags) {
    throw s3Error(
      'InvalidRequest',
      {},
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const detail = replaces ? readDetail(request.headers, {}) : source.detail;
  const tags = parseTagQuery(request.headers.get('x-amz-tagging') ?? '');
  return { ...detail, tags: replacesTags ? tags : source.detail.tags, checksumType: 'FULL_OBJECT' };
}

function chooseAlgorithms(source: StoredObject, request: S3Request): typeof CHECKSUM_ALGORITHMS {
  const wanted = readAlgorithm(request.headers.get('x-amz-checksum-algorithm') ?? '');
  if (wanted) return [wanted];
  return CHECKSUM_ALGORITHMS.filter((algorithm) => source.detail.checksums[algorithm]);
}

/** UploadPartCopy: the AWS CLI copies and moves large objects by it. */
export async function copyPart(storage: Storage, request: S3Request): Promise<S3Reply> {
  const upload = requireUpload(storage, request);
  const source = findSource(storage, request);
  const { start, end } = chooseRange(source, request);
  const { algorithm } = upload.detail;
  const payload = verifySource(storage.bodies.read(source.segments, start, end), {
    declared: () => ({}),
    algorithms: CHECKSUM_ALGORITHMS.filter((name) => name === algorithm),
    maxLength: MAX_PUT_BYTES,
  });
  const part = await storePart(storage, request, payload);
  return xmlReply(
    buildXml('CopyPartResult', {
      LastModified: new Date(part.modified).toISOString(),
      ETag: `"${part.etag}"`,
      ...describeChecksums(part.checksums),
    }),
  );
}

/** Unlike a read's range, it must lie within the source as a whole. */
function chooseRange(source: StoredObject, request: S3Request): ByteRange {
  const header = request.headers.get('x-amz-copy-source-range');
  if (header === undefined) return { start: 0, end: source.size - 1 };
  const [, last = ''] = /^bytes=\d+-(\d+)$/.exec(header) ?? [];
  const range = last === '' ? undefined : readRange(header, source.size);
  if (range && Number(last) < source.size) return range;
  const details = { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header };
  const message = `Range specified is not valid for source object of size: ${source.size}`;
  throw s3Error('InvalidArgument', details, message);
}

/** The source of a copy. Throws NoSuchKey, PreconditionFailed, InvalidArgument. */
function findSource(storage: Storage, request: S3Request): StoredObject {
  const source = requireObject(storage, readSource(request.headers.get('x-amz-copy-source') ?? ''));
  const conditions = readReadConditions(request.headers, 'x-amz-copy-source-');
  if (judgeRead(source, conditions) !== 'proceed') throw s3Error('PreconditionFailed');
  return source;
}

/** Reads `/bucket/key`, percent-encoded, the leading slash optional. */
function readSource(header: string): { bucket: string; key: string } {
  if (header.includes('?')) throw notImplemented('x-amz-copy-source with a version');
  const path = decodeSource(header).replace(/^\//, '');
  const mark = path.indexOf('/');
  if (mark > 0 && mark < path.length - 1) {
    return { bucket: path.slice(0, mark), key: path.slice(mark + 1) };
  }
  throw s3Error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-copy-source' },
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
  );
}

function decodeSource(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    throw s3Error('InvalidArgument', { ArgumentName: 'x-amz-copy-source' });
  }
}
