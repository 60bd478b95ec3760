import type { WrittenBody } from './bodies.ts';
import { type Checksums, formatChecksums } from './checksums.ts';
import { commitObject, type Storage } from './commit.ts';
import { readWriteConditions } from './conditions.ts';
import { originOf, type S3Reply, type S3Request } from './exchange.ts';
import { readDetail } from './object-headers.ts';
import type { ObjectDetail, StoredObject } from './objects.ts';
import type { VerifiedSource } from './verified-source.ts';

/** Writes a body to disk and hands it on; where anything then fails, the file goes again. */
export async function receiveBody<T>(
  storage: Storage,
  payload: VerifiedSource,
  use: (body: WrittenBody, checksums: Checksums) => T,
): Promise<T> {
  const body = await storage.bodies.write(payload.source);
  try {
    return use(body, payload.checksums());
  } catch (error) {
    storage.bodies.remove([body]);
    throw error;
  }
}

/** An object made of one body. */
export function buildObject(
  storage: Storage,
  target: { bucket: string; key: string },
  body: WrittenBody,
  detail: ObjectDetail,
): StoredObject {
  return {
    bucket: target.bucket,
    key: target.key,
    size: body.size,
    etag: body.md5.toString('hex'),
    modified: storage.now(),
    segments: [{ file: body.file, size: body.size }],
    detail,
  };
}

export async function putObject(storage: Storage, request: S3Request): Promise<S3Reply> {
  storage.buckets.require(request.bucket);
  const detail = readDetail(request.headers, {}); // refuses bad headers before the body is read
  return receiveBody(storage, request.payload, (body, checksums) => {
    const object = buildObject(storage, request, body, { ...detail, checksums });
    commitObject(storage, object, {
      eventName: 'ObjectCreated:Put',
      origin: originOf(request),
      conditions: readWriteConditions(request.headers),
    });
    return {
      status: 200,
      headers: {
        etag: `"${object.etag}"`,
        ...formatChecksums(checksums),
        ...describeChecksumType(object),
      },
    };
  });
}

/** Where an object has checksums, an answer says of what they are. */
export function describeChecksumType({ detail }: StoredObject): Record<string, string> {
  if (Object.keys(detail.checksums).length === 0) return {};
  return { 'x-amz-checksum-type': detail.checksumType };
}
