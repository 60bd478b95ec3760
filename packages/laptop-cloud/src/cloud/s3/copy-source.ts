import type { Storage } from './commit.ts';
import { judgeRead, readReadConditions } from './conditions.ts';
import type { S3Request } from './exchange.ts';
import { requireObject } from './get-object.ts';
import type { StoredObject } from './objects.ts';
import { notImplemented, s3Error } from './s3-error.ts';

/** The object that a copy names, if its conditions hold. Throws NoSuchKey, PreconditionFailed, InvalidArgument. */
export function findSource(storage: Storage, request: S3Request): StoredObject {
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
