import type { Objects } from './objects.ts';
import {
  ALGORITHM,
  bucketUrl,
  type Connection,
  encodePath,
  formatDate,
  formatScope,
  readConnection,
  signQuery,
  signText,
} from './wire/sign.ts';

/** The tag by which the buckets' lifecycle rules (infra/storage.yml) know how long to keep an object. */
export const DAYS_TAG = 'days';

/** A header of PutObject; an object without it is kept as long as its bucket keeps any. */
export function describeKept(days: number | undefined): Record<string, string> {
  return days === undefined ? {} : { 'x-amz-tagging': `${DAYS_TAG}=${days}` };
}

/** The same tag as a form has it; S3 takes it as XML there. */
function describeTagging(days: number | undefined): Record<string, string> {
  if (days === undefined) return {};
  const tag = `<Tag><Key>${DAYS_TAG}</Key><Value>${days}</Value></Tag>`;
  return { tagging: `<Tagging><TagSet>${tag}</TagSet></Tagging>` };
}

/** Lets clients send parts to the bucket that they upload to. */
export type PartSigner = ReturnType<typeof createPartSigner>;

interface SignPartOptions {
  key: string;
  uploadId: string;
  number: number;
  bytes: number;
  /** `digest` in hexadecimal digits. */
  checksum?: { algorithm: 'sha256' | 'crc32'; digest: string } | undefined;
  expiresInSeconds: number;
  /** Epoch milliseconds. */
  now: number;
}

export function createPartSigner(bucket: string, connection: Connection = readConnection('s3')) {
  const { origin, pathname, host } = bucketUrl(bucket, connection);
  const base = pathname.replace(/\/$/, '');

  return {
    /** Signs one part for its exact size, and its checksum: it is sent by PUT, with these headers. */
    async sign(options: SignPartOptions) {
      const { region, credentials: given } = connection;
      const credentials = typeof given === 'function' ? await given() : given;
      const signature = { credentials, region, service: 's3', now: options.now };
      const path = `${base}/${encodePath(options.key)}`;
      const query = { partNumber: String(options.number), uploadId: options.uploadId };
      const headers = describeChecksum(options);
      // Whoever sends a body tells its length by itself.
      const fixed = { ...headers, 'content-length': String(options.bytes) };
      const request = { method: 'PUT', host, path, query, headers: fixed };
      const signed = signQuery(request, options.expiresInSeconds, signature);
      return { url: `${origin}${path}?${signed}`, headers };
    },
  };
}

function describeChecksum({ checksum }: SignPartOptions): Record<string, string> {
  if (!checksum) return {};
  const value = Buffer.from(checksum.digest, 'hex').toString('base64');
  return { [`x-amz-checksum-${checksum.algorithm}`]: value };
}

/** Begins uploads in parts. */
export type PartStarter = ReturnType<typeof createPartStarter>;

export interface StartPartsOptions {
  key: string;
  contentType: string;
  /** Of the file, once it is there; left out: as long as the bucket keeps any. */
  keptDays?: number | undefined;
  /** Which digest of each part S3 is to ask for. */
  checksum?: 'sha256' | 'crc32' | undefined;
}

/** `objects`: the bucket that clients upload to. */
export function createPartStarter(objects: Objects) {
  return {
    /** Answers with the upload's id. */
    async start({ key, contentType, keptDays, checksum }: StartPartsOptions): Promise<string> {
      return objects.startParts(key, {
        'content-type': contentType,
        ...describeKept(keptDays),
        ...(checksum && { 'x-amz-checksum-algorithm': checksum.toUpperCase() }),
      });
    },
  };
}

/** Stores files in the place of a client: what a form brings along (`POST /v1/analyze`). */
export type UploadWriter = ReturnType<typeof createUploadWriter>;

export function createUploadWriter(objects: Objects) {
  return {
    async put(
      key: string,
      bytes: Uint8Array,
      contentType: string,
      keptDays?: number,
    ): Promise<void> {
      await objects.put(key, bytes, { 'content-type': contentType, ...describeKept(keptDays) });
    },
  };
}

interface SignedUpload {
  method: 'POST';
  url: string;
  fields: Record<string, string>;
  expiresAt: string;
  maxBytes: number;
}

interface SignUploadOptions {
  key: string;
  contentType: string;
  minBytes: number;
  maxBytes: number;
  expiresInSeconds: number;
  /** Of the file, once it is there; left out: as long as the bucket keeps any. */
  keptDays?: number | undefined;
  /** Epoch milliseconds. */
  now: number;
}

/**
 * Signs form POSTs that fix key, content type and size range; S3 holds the client to them. By hand, for
 * AWS' own way to do so loads a whole client for S3 (docs/decisions/0010-a-small-client-for-what-every-request-calls.md).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function createFormSigner(bucket: string, connection: Connection = readConnection('s3')) {
  const url = bucketUrl(bucket, connection).href;

  async function sign(options: SignUploadOptions): Promise<SignedUpload> {
    const { credentials: given, region } = connection;
    const credentials = typeof given === 'function' ? await given() : given;
    const signature = { credentials, region, service: 's3', now: options.now };
    const { sessionToken } = credentials;
    const fixed = {
      'Content-Type': options.contentType,
      ...describeTagging(options.keptDays),
      bucket,
      key: options.key,
      'X-Amz-Algorithm': ALGORITHM,
      'X-Amz-Credential': `${credentials.accessKeyId}/${formatScope(signature)}`,
      'X-Amz-Date': formatDate(options.now),
      ...(sessionToken && { 'X-Amz-Security-Token': sessionToken }),
    };
    const expiresAt = new Date(options.now + options.expiresInSeconds * 1000).toISOString();
    const size = ['content-length-range', options.minBytes, options.maxBytes];
    const conditions = [size, ...Object.entries(fixed).map(([name, value]) => ({ [name]: value }))];
    const json = JSON.stringify({ expiration: expiresAt, conditions });
    const Policy = Buffer.from(json).toString('base64');
    const fields = { ...fixed, Policy, 'X-Amz-Signature': signText(signature, Policy) };
    return { method: 'POST', url, fields, expiresAt, maxBytes: options.maxBytes };
  }

  return { sign };
}
