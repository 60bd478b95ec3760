import { encodeKey } from '../uri-encoding.ts';
import { OWNER } from './bucket-operations.ts';
import type { Storage } from './commit.ts';
import { type S3Reply, type S3Request, xmlReply } from './exchange.ts';
import { type Listing, type ListingOptions, listKeys } from './listing.ts';
import { s3Error } from './s3-error.ts';
import { buildXml, type XmlTree } from './xml.ts';

const MAX_KEYS_PER_PAGE = 1_000;

export function listObjectsV2(storage: Storage, request: S3Request): S3Reply {
  const token = request.query.get('continuation-token');
  const startAfter = request.query.get('start-after');
  const options = readOptions(request, token === undefined ? startAfter : decodeToken(token));
  const listing = list(storage, request, options);
  const encode = createEncoder(request);
  const withOwner = request.query.get('fetch-owner') === 'true';
  return xmlReply(
    buildXml('ListBucketResult', {
      ...describeOptions(request, options, encode),
      KeyCount: listing.contents.length + listing.commonPrefixes.length,
      IsTruncated: listing.truncated,
      ContinuationToken: token,
      NextContinuationToken: listing.truncated ? encodeToken(listing.last) : undefined,
      StartAfter: startAfter === undefined ? undefined : encode(startAfter),
      ...describeListing(listing, encode, withOwner),
    }),
  );
}

export function listObjects(storage: Storage, request: S3Request): S3Reply {
  const options = readOptions(request, request.query.get('marker'));
  const listing = list(storage, request, options);
  const encode = createEncoder(request);
  // As S3: without a delimiter the next marker is simply the last key.
  const withNext = listing.truncated && options.delimiter !== '';
  return xmlReply(
    buildXml('ListBucketResult', {
      ...describeOptions(request, options, encode),
      Marker: encode(options.after),
      IsTruncated: listing.truncated,
      NextMarker: withNext ? encode(listing.last) : undefined,
      ...describeListing(listing, encode, true),
    }),
  );
}

function list(storage: Storage, request: S3Request, options: ListingOptions): Listing {
  storage.buckets.require(request.bucket);
  return listKeys(
    (after, inclusive) => storage.objects.scan(request.bucket, after, inclusive),
    options,
  );
}

function readOptions(request: S3Request, after: string | undefined): ListingOptions {
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    after: after ?? '',
    maxKeys: readMaximum(request.query, 'max-keys', MAX_KEYS_PER_PAGE),
  };
}

/** A page's size, `maximum` at most; throws InvalidArgument. */
export function readMaximum(
  query: ReadonlyMap<string, string>,
  name: string,
  maximum: number,
): number {
  const text = query.get(name);
  if (text === undefined) return maximum;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), maximum);
  const details = { ArgumentName: name, ArgumentValue: text };
  throw s3Error(
    'InvalidArgument',
    details,
    `Provided ${name} not an integer or within integer range`,
  );
}

/** With `encoding-type=url` keys go out escaped, as XML cannot hold every character. */
export function createEncoder(request: S3Request): (key: string) => string {
  const type = request.query.get('encoding-type');
  if (type === undefined) return (key) => key;
  if (type === 'url') return encodeKey;
  const details = { ArgumentName: 'encoding-type', ArgumentValue: type };
  throw s3Error('InvalidArgument', details, 'Invalid Encoding Method specified in Request');
}

function describeOptions(
  request: S3Request,
  options: ListingOptions,
  encode: (key: string) => string,
): XmlTree {
  return {
    Name: request.bucket,
    Prefix: encode(options.prefix),
    Delimiter: options.delimiter === '' ? undefined : encode(options.delimiter),
    MaxKeys: options.maxKeys,
    EncodingType: request.query.get('encoding-type'),
  };
}

function describeListing(
  listing: Listing,
  encode: (key: string) => string,
  withOwner: boolean,
): XmlTree {
  const Contents = listing.contents.map(({ key, size, etag, modified }) => ({
    Key: encode(key),
    LastModified: new Date(modified).toISOString(),
    ETag: `"${etag}"`,
    Size: size,
    Owner: withOwner ? OWNER : undefined,
    StorageClass: 'STANDARD',
  }));
  const CommonPrefixes = listing.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) }));
  return { Contents, CommonPrefixes };
}

function encodeToken(key: string): string {
  return Buffer.from(`1${key}`).toString('base64url');
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (text.startsWith('1')) return text.slice(1);
  const details = { ArgumentName: 'continuation-token' };
  throw s3Error('InvalidArgument', details, 'The continuation token provided is incorrect');
}
