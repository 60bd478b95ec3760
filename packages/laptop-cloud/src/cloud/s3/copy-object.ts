import { CHECKSUM_ALGORITHMS, describeChecksums, readAlgorithm } from './checksums.ts';
import { commitObject, type Storage } from './commit.ts';
import { readWriteConditions } from './conditions.ts';
import { findSource } from './copy-source.ts';
import { originOf, type S3Reply, type S3Request, xmlReply } from './exchange.ts';
import { readDetail } from './object-headers.ts';
import type { ObjectDetail, StoredObject } from './objects.ts';
import { MAX_PUT_BYTES } from './payload.ts';
import { buildObject, receiveBody } from './put-object.ts';
import { s3Error } from './s3-error.ts';
import { parseTagQuery } from './tags.ts';
import { verifySource } from './verified-source.ts';
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
