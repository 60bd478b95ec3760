import { bucketUrl, type Connection, readConnection } from './wire/connection.ts';
import { encodePath } from './wire/encode.ts';
import { signQuery } from './wire/sign.ts';

/** Lets clients send parts to the bucket that they upload to. */
export type PartSigner = ReturnType<typeof createPartSigner>;

export interface SignPartOptions {
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
