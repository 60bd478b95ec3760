import { encodeKey } from '../canonical-request.ts';
import { OWNER } from './bucket-operations.ts';
import { describeChecksums } from './checksums.ts';
import { requireUpload } from './multipart.ts';
import type { ObjectSummary, Upload } from './records.ts';
import { type S3Reply, type S3Request, xmlReply } from './request.ts';
import { s3Error } from './s3-error.ts';
import type { Storage } from './storage.ts';
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
  // As in S3, without a delimiter the last key is the next marker.
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
function readMaximum(query: ReadonlyMap<string, string>, name: string, maximum: number): number {
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

/** `encoding-type=url` escapes keys: XML cannot hold every character. */
function createEncoder(request: S3Request): (key: string) => string {
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

interface ListingOptions {
  prefix: string;
  delimiter: string;
  /** The list begins after this key, or after all keys of this common prefix. */
  after: string;
  maxKeys: number;
}

interface Listing {
  contents: ObjectSummary[];
  commonPrefixes: string[];
  truncated: boolean;
  /** The last listed key or common prefix; the next page begins after it. */
  last: string;
}

type Scan = (after: string, inclusive: boolean) => Iterable<ObjectSummary>;

/** One page of a bucket's keys, in the order of their UTF-8 bytes, rolled up at the delimiter. */
export function listKeys(scan: Scan, options: ListingOptions): Listing {
  const { prefix, delimiter, after, maxKeys } = options;
  const listing: Listing = { contents: [], commonPrefixes: [], truncated: false, last: '' };
  if (maxKeys === 0) return listing;
  let rolledUp = rollUp(after, prefix, delimiter) === after ? after : undefined;
  for (const object of scanPrefix(scan, prefix, after)) {
    if (rolledUp !== undefined && object.key.startsWith(rolledUp)) continue;
    if (listing.contents.length + listing.commonPrefixes.length === maxKeys) {
      return { ...listing, truncated: true };
    }
    rolledUp = rollUp(object.key, prefix, delimiter);
    if (rolledUp === undefined) listing.contents.push(object);
    else listing.commonPrefixes.push(rolledUp);
    listing.last = rolledUp ?? object.key;
  }
  return listing;
}

function* scanPrefix(scan: Scan, prefix: string, after: string): Generator<ObjectSummary> {
  const fromPrefix = compareBytes(prefix, after) > 0;
  for (const object of scan(fromPrefix ? prefix : after, fromPrefix)) {
    if (object.key.startsWith(prefix)) yield object;
    else if (compareBytes(object.key, prefix) > 0) return;
  }
}

function rollUp(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const mark = key.indexOf(delimiter, prefix.length);
  return mark < 0 ? undefined : key.slice(0, mark + delimiter.length);
}

/** JavaScript's own order compares UTF-16 code units. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

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
