import { OWNER } from './bucket-operations.ts';
import { describeChecksums } from './checksums.ts';
import type { Storage } from './commit.ts';
import { type S3Reply, type S3Request, xmlReply } from './exchange.ts';
import { createEncoder, readMaximum } from './list-objects.ts';
import { requireUpload } from './multipart.ts';
import type { Upload } from './uploads.ts';
import { buildXml } from './xml.ts';

const MAX_ENTRIES_PER_PAGE = 1_000;

export function listParts(storage: Storage, request: S3Request): S3Reply {
  const upload = requireUpload(storage, request);
  const after = readMaximum(request.query, 'part-number-marker', Number.MAX_SAFE_INTEGER);
  const marker = request.query.has('part-number-marker') ? after : 0;
  const maximum = readMaximum(request.query, 'max-parts', MAX_ENTRIES_PER_PAGE);
  const rest = storage.uploads.listParts(upload.id).filter(({ number }) => number > marker);
  const page = rest.slice(0, maximum);
  return xmlReply(
    buildXml('ListPartsResult', {
      Bucket: request.bucket,
      Key: request.key,
      UploadId: upload.id,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: 'STANDARD',
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? 0,
      MaxParts: maximum,
      IsTruncated: rest.length > page.length,
      ChecksumAlgorithm: upload.detail.algorithm?.toUpperCase(),
      ChecksumType: upload.detail.algorithm && upload.detail.checksumType,
      Part: page.map(({ number, modified, etag, size, checksums }) => ({
        PartNumber: number,
        LastModified: new Date(modified).toISOString(),
        ETag: `"${etag}"`,
        Size: size,
        ...describeChecksums(checksums),
      })),
    }),
  );
}

export function listMultipartUploads(storage: Storage, request: S3Request): S3Reply {
  storage.buckets.require(request.bucket);
  const maximum = readMaximum(request.query, 'max-uploads', MAX_ENTRIES_PER_PAGE);
  const encode = createEncoder(request);
  const rest = storage.uploads.list(request.bucket).filter(createFilter(request));
  const page = rest.slice(0, maximum);
  const last = page.at(-1);
  return xmlReply(
    buildXml('ListMultipartUploadsResult', {
      Bucket: request.bucket,
      KeyMarker: encode(request.query.get('key-marker') ?? ''),
      UploadIdMarker: request.query.get('upload-id-marker') ?? '',
      NextKeyMarker: last && encode(last.key),
      NextUploadIdMarker: last?.id,
      Prefix: encode(request.query.get('prefix') ?? ''),
      EncodingType: request.query.get('encoding-type'),
      MaxUploads: maximum,
      IsTruncated: rest.length > page.length,
      Upload: page.map(({ id, key, started }) => ({
        Key: encode(key),
        UploadId: id,
        Initiator: OWNER,
        Owner: OWNER,
        StorageClass: 'STANDARD',
        Initiated: new Date(started).toISOString(),
      })),
    }),
  );
}

function createFilter(request: S3Request): (upload: Upload) => boolean {
  const prefix = request.query.get('prefix') ?? '';
  const keyMarker = request.query.get('key-marker');
  const idMarker = request.query.get('upload-id-marker') ?? '';
  return ({ key, id }) => {
    if (!key.startsWith(prefix)) return false;
    if (keyMarker === undefined) return true;
    const order = Buffer.compare(Buffer.from(key), Buffer.from(keyMarker));
    return order > 0 || (order === 0 && idMarker !== '' && id > idMarker);
  };
}
