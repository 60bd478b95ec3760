import { isAwsError } from '../service.ts';
import { collectText } from './collect-text.ts';
import { deleteObject, type Storage } from './commit.ts';
import { originOf, type S3Reply, type S3Request, xmlReply } from './exchange.ts';
import { s3Error } from './s3-error.ts';
import { buildXml, parseXml, readElements, readText, type XmlTree } from './xml.ts';

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
