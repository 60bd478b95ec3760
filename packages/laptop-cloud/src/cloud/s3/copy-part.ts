import { CHECKSUM_ALGORITHMS, describeChecksums } from './checksums.ts';
import type { Storage } from './commit.ts';
import { findSource } from './copy-source.ts';
import { type S3Reply, type S3Request, xmlReply } from './exchange.ts';
import { requireUpload, storePart } from './multipart.ts';
import type { StoredObject } from './objects.ts';
import { MAX_PUT_BYTES } from './payload.ts';
import { type ByteRange, readRange } from './range.ts';
import { s3Error } from './s3-error.ts';
import { verifySource } from './verified-source.ts';
import { buildXml } from './xml.ts';

/** UploadPartCopy: how the AWS CLI copies and moves whatever is too large for one copy. */
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

/** Unlike a read's range, this one has to lie within the source, in full. */
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
