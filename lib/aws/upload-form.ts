import { describeTagging } from './kept-days.ts';
import { bucketUrl, type Connection, readConnection } from './wire/connection.ts';
import { ALGORITHM, formatDate, formatScope, signText } from './wire/sign.ts';

export interface SignedUpload {
  method: 'POST';
  url: string;
  fields: Record<string, string>;
  expiresAt: string;
  maxBytes: number;
}

export interface SignUploadOptions {
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
