import { isAwsError } from '../aws-service.ts';
import type { WrittenBody } from './bodies.ts';
import { type Checksums, formatChecksums } from './checksums.ts';
import { readWriteConditions } from './conditions.ts';
import { readDetail } from './object-detail.ts';
import type { VerifiedSource } from './payload.ts';
import type { ObjectDetail, StoredObject } from './records.ts';
import { collectText, originOf, type S3Reply, type S3Request, xmlReply } from './request.ts';
import { s3Error } from './s3-error.ts';
import { commitObject, deleteObject, type Storage } from './storage.ts';
import { buildXml, parseXml, readElements, readText, type XmlTree } from './xml.ts';

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

const MAX_KEYS_PER_DELETE = 1_000;

export function removeObject(storage: Storage, request: S3Request): S3Reply {
  deleteObject(storage, request, {
    origin: originOf(request),
    conditions: { ifMatch: request.headers.get('if-match') },
  });
  return { status: 204 };
}

/** DeleteObjects: up to 1,000 keys, each with an answer of its own. */
export async function removeObjects(storage: Storage, request: S3Request): Promise<S3Reply> {
  storage.buckets.require(request.bucket);
  checkIntegrityDeclared(request);
  const tree = parseXml(await collectText(request.payload), 'Delete');
  const entries = readElements(tree, 'Object');
  if (entries.length === 0 || entries.length > MAX_KEYS_PER_DELETE) throw s3Error('MalformedXML');
  const results = entries.map((entry) => removeEntry(storage, request, entry));
  const quiet = readText(tree, 'Quiet') === 'true';
  return xmlReply(
    buildXml('DeleteResult', {
      Deleted: quiet ? [] : results.flatMap(({ deleted }) => deleted ?? []),
      Error: results.flatMap(({ error }) => error ?? []),
    }),
  );
}

/** S3 takes this call only with a checksum: a flipped bit would delete another object. */
function checkIntegrityDeclared({ headers }: S3Request): void {
  const names = [...headers.keys()];
  if (headers.has('content-md5') || headers.has('x-amz-trailer')) return;
  if (names.some((name) => /^x-amz-checksum-(crc|sha)/.test(name))) return;
  throw s3Error('InvalidRequest', {}, 'Missing required header for this request: Content-MD5');
}

function removeEntry(
  storage: Storage,
  request: S3Request,
  entry: unknown,
): { deleted?: XmlTree; error?: XmlTree } {
  const key = readText(entry, 'Key');
  if (!key) throw s3Error('MalformedXML');
  if (readText(entry, 'VersionId') !== undefined) {
    return { error: { Key: key, Code: 'NotImplemented', Message: 'Versions are not kept.' } };
  }
  try {
    const conditions = { ifMatch: readText(entry, 'ETag') };
    const target = { bucket: request.bucket, key };
    deleteObject(storage, target, { origin: originOf(request), conditions });
    return { deleted: { Key: key } };
  } catch (error) {
    if (!isAwsError(error)) throw error;
    return { error: { Key: key, Code: error.code, Message: error.message } };
  }
}
