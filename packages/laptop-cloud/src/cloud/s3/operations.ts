import {
  createBucket,
  getBucketCors,
  getBucketLocation,
  getBucketNotification,
  headBucket,
  listBuckets,
} from './bucket-operations.ts';
import { completeMultipartUpload } from './complete-upload.ts';
import { copyObject, copyPart } from './copy-object.ts';
import {
  deleteTagging,
  getObject,
  getTagging,
  headObject,
  putTagging,
  RESPONSE_OVERRIDES,
} from './get-object.ts';
import { listMultipartUploads, listObjects, listObjectsV2, listParts } from './lists.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './multipart.ts';
import { putObject, removeObject, removeObjects } from './put-object.ts';
import type { Operation } from './request.ts';
import { notImplemented, s3Error } from './s3-error.ts';

type Scope = 'service' | 'bucket' | 'object';

interface Route {
  name: string;
  method: string;
  scope: Scope;
  /** Query parameters that select this operation. */
  flags: readonly string[];
  /** Further supported query parameters; any other is answered with 501. */
  parameters: readonly string[];
  run: Operation;
}

const PAGE = ['prefix', 'delimiter', 'encoding-type', 'max-keys'];

function route(
  name: string,
  place: `${string} ${Scope}`,
  run: Operation,
  flags: readonly string[] = [],
  parameters: readonly string[] = [],
): Route {
  const [method = '', scope] = place.split(' ');
  const scopes: readonly Scope[] = ['service', 'bucket', 'object'];
  return {
    name,
    method,
    scope: scopes.find((it) => it === scope) ?? 'service',
    flags,
    parameters,
    run,
  };
}

const UPLOADS_PAGE = ['prefix', 'encoding-type', 'max-uploads', 'key-marker', 'upload-id-marker'];

const ROUTES: readonly Route[] = [
  route('ListBuckets', 'GET service', listBuckets),
  route('CreateBucket', 'PUT bucket', createBucket),
  route('HeadBucket', 'HEAD bucket', headBucket),
  route('GetBucketLocation', 'GET bucket', getBucketLocation, ['location']),
  route('GetBucketCors', 'GET bucket', getBucketCors, ['cors']),
  route('GetBucketNotificationConfiguration', 'GET bucket', getBucketNotification, [
    'notification',
  ]),
  route('ListMultipartUploads', 'GET bucket', listMultipartUploads, ['uploads'], UPLOADS_PAGE),
  route(
    'ListObjectsV2',
    'GET bucket',
    listObjectsV2,
    ['list-type'],
    [...PAGE, 'continuation-token', 'start-after', 'fetch-owner'],
  ),
  route('ListObjects', 'GET bucket', listObjects, [], [...PAGE, 'marker']),
  route('DeleteObjects', 'POST bucket', removeObjects, ['delete']),
  route('PutObject', 'PUT object', putObject),
  route('GetObject', 'GET object', getObject, [], RESPONSE_OVERRIDES),
  route('HeadObject', 'HEAD object', headObject, [], RESPONSE_OVERRIDES),
  route('DeleteObject', 'DELETE object', removeObject),
  route('PutObjectTagging', 'PUT object', putTagging, ['tagging']),
  route('GetObjectTagging', 'GET object', getTagging, ['tagging']),
  route('DeleteObjectTagging', 'DELETE object', deleteTagging, ['tagging']),
  route('CreateMultipartUpload', 'POST object', createMultipartUpload, ['uploads']),
  route('UploadPart', 'PUT object', uploadPart, ['partNumber', 'uploadId']),
  route('CompleteMultipartUpload', 'POST object', completeMultipartUpload, ['uploadId']),
  route('AbortMultipartUpload', 'DELETE object', abortMultipartUpload, ['uploadId']),
  route('ListParts', 'GET object', listParts, ['uploadId'], ['max-parts', 'part-number-marker']),
];

/** Operations that become copies by `x-amz-copy-source`. */
const COPIES = new Map([
  ['PutObject', route('CopyObject', 'PUT object', copyObject)],
  ['UploadPart', route('UploadPartCopy', 'PUT object', copyPart)],
]);

/** Finds the operation; throws MethodNotAllowed, or NotImplemented if it is unsupported. */
export function findRoute(request: {
  method: string;
  bucket: string;
  key: string;
  query: ReadonlyMap<string, string>;
  headers: ReadonlyMap<string, string>;
}): Route {
  const { method, query } = request;
  const scope = scopeOf(request);
  const candidates = ROUTES.filter((it) => it.method === method && it.scope === scope);
  if (candidates.length === 0) throw s3Error('MethodNotAllowed', { Method: method });
  const matching = candidates.filter(({ flags }) => flags.every((flag) => query.has(flag)));
  const [found] = matching.sort((left, right) => right.flags.length - left.flags.length);
  if (!found) throw notImplemented(`${method} on a ${scope}`);
  for (const name of query.keys()) {
    const known = found.flags.includes(name) || found.parameters.includes(name);
    if (!known && !isTransport(name)) throw notImplemented(`The query parameter ${name}`);
  }
  if (query.has('list-type') && query.get('list-type') !== '2') {
    throw s3Error('InvalidArgument', { ArgumentName: 'list-type' });
  }
  if (!request.headers.has('x-amz-copy-source')) return found;
  const copy = COPIES.get(found.name);
  if (copy) return copy;
  throw notImplemented(`${found.name} with x-amz-copy-source`);
}

function scopeOf({ bucket, key }: { bucket: string; key: string }): Scope {
  if (key !== '') return 'object';
  return bucket === '' ? 'service' : 'bucket';
}

/** Parameters of signatures, headers in the query, and the SDK's note of the operation's name. */
function isTransport(name: string): boolean {
  return name === 'x-id' || name.toLowerCase().startsWith('x-amz-');
}
