import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildCanonicalRequest,
  buildStringToSign,
  deriveSigningKey,
  signText,
} from '../src/cloud/canonical-request.ts';
import { createChunkSigner, decodeChunked } from '../src/cloud/s3/chunked.ts';
import {
  BUCKET,
  CREDENTIALS,
  readRefusal,
  refusalOf,
  type S3Fixture,
  startS3,
} from './s3-fixture.ts';

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Signs a PUT in chunks as the older SDKs do; `alter` changes the body after it is signed. */
async function putChunked(
  key: string,
  chunks: Buffer[],
  options: { trailer?: string; alter?: (body: string) => string } = {},
) {
  const kind = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${options.trailer ? '-TRAILER' : ''}`;
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = { date: amzDate.slice(0, 8), region: 'us-east-1', service: 's3' };
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const headers = new Map([
    ['content-encoding', 'aws-chunked'],
    ['host', new URL(s3.cloud.endpoint).host],
    ['x-amz-content-sha256', kind],
    ['x-amz-date', amzDate],
    ['x-amz-decoded-content-length', `${size}`],
  ]);
  if (options.trailer) headers.set('x-amz-trailer', 'x-amz-checksum-sha256');
  const signedHeaders = [...headers.keys()].sort();
  const target = `/${BUCKET}/${key}`;
  const canonical = buildCanonicalRequest(
    { method: 'PUT', target, headers },
    { signedHeaders, payloadHash: kind, doubleEncode: false },
  );
  const signingKey = deriveSigningKey(CREDENTIALS.secretAccessKey, scope);
  const signature = signText(signingKey, buildStringToSign(amzDate, scope, canonical));
  const credential = `${CREDENTIALS.accessKeyId}/${scope.date}/us-east-1/s3/aws4_request`;
  headers.set(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  );
  headers.delete('host');
  const signer = createChunkSigner({
    accessKeyId: CREDENTIALS.accessKeyId,
    presigned: false,
    payloadHash: kind,
    signature,
    signingKey,
    amzDate,
    scope,
  });
  const parts = [...chunks, Buffer.alloc(0)].map((chunk) => {
    const head = `${chunk.length.toString(16)};chunk-signature=${signer.signChunk(sha256(chunk))}\r\n`;
    return head + chunk.toString('latin1') + (chunk.length > 0 ? '\r\n' : '');
  });
  if (options.trailer) {
    const signed = signer.signTrailers(new Map([['x-amz-checksum-sha256', options.trailer]]));
    parts.push(`x-amz-checksum-sha256:${options.trailer}\r\nx-amz-trailer-signature:${signed}\r\n`);
  }
  const body = `${parts.join('')}\r\n`;
  return fetch(s3.cloud.endpoint + target, {
    method: 'PUT',
    headers: Object.fromEntries(headers),
    body: Buffer.from(options.alter?.(body) ?? body, 'latin1'),
  });
}

const read = async (Key: string) => {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const CHUNKS = [Buffer.alloc(70_000, 'first'), Buffer.from('second')];

describe('given a PUT in signed chunks', () => {
  test('when all is right, the object is the decoded body, and not called aws-chunked', async () => {
    expect((await putChunked('chunks', CHUNKS)).status).toBe(200);
    expect((await read('chunks')).equals(Buffer.concat(CHUNKS))).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'chunks' }));
    expect(head.ContentEncoding).toBeUndefined();
  });

  test('when a trailer follows, it is verified and kept', async () => {
    const digest = createHash('sha256').update(Buffer.concat(CHUNKS)).digest('base64');
    expect((await putChunked('trailer', CHUNKS, { trailer: digest })).status).toBe(200);
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: 'trailer', ChecksumMode: 'ENABLED' });
    expect((await s3.client.send(head)).ChecksumSHA256).toBe(digest);
  });

  const wrong = createHash('sha256').update('other').digest('base64');
  test.each<[string, string, Parameters<typeof putChunked>[2]]>([
    [
      'a byte is another',
      '403 SignatureDoesNotMatch',
      { alter: (body) => body.replace('second', 'secund') },
    ],
    [
      'a chunk is missing',
      '403 SignatureDoesNotMatch',
      { alter: (body) => body.replace(/6;chunk[^\r]*\r\nsecond\r\n/, '') },
    ],
    [
      'a signature is missing',
      '403 SignatureDoesNotMatch',
      { alter: (body) => body.replace(/;chunk-signature=[0-9a-f]+/, '') },
    ],
    ['it ends early', '400 IncompleteBody', { alter: (body) => body.slice(0, 50_000) }],
    ['it is no chunked body', '400 IncompleteBody', { alter: () => 'just text, no chunks' }],
    ['the trailer is that of other bytes', '400 BadDigest', { trailer: wrong }],
    [
      'the trailer is altered',
      '403 SignatureDoesNotMatch',
      { trailer: wrong, alter: (body) => body.replace(/(sha256:.)./, '$1_') },
    ],
    [
      'the trailer is missing',
      '403 SignatureDoesNotMatch',
      { trailer: wrong, alter: (body) => body.replace(/x-amz-checksum-sha256.*\r\n/, '') },
    ],
  ])('when %s, the refusal is %s and nothing is stored', async (_, refusal, options) => {
    const before = await s3.bodyFiles();
    expect(await readRefusal(await putChunked('refused', CHUNKS, options))).toBe(refusal);
    expect(await refusalOf(read('refused'))).toBe('404 NoSuchKey');
    expect(await s3.bodyFiles()).toEqual(before);
  });
});

describe('given the SDK’s own streams with a trailer', () => {
  test('when one is put, the checksum is verified and kept', async () => {
    const Body = Readable.from([Buffer.alloc(100_000, 'a'), Buffer.from('b')]);
    const object = { Bucket: BUCKET, Key: 'stream' };
    const more = { Body, ContentLength: 100_001, ChecksumAlgorithm: 'CRC32C' } as const;
    await s3.client.send(new PutObjectCommand({ ...object, ...more }));
    expect(await read('stream')).toHaveLength(100_001);
    const head = await s3.client.send(
      new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }),
    );
    expect(head.ChecksumCRC32C).toMatch(/^.{6}==$/);
  });
});

describe('given any body in any chunks, cut anywhere on the way', () => {
  test('when it is decoded, it is the same body', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const property = fc.asyncProperty(
      fc.array(bytes),
      fc.integer({ min: 1, max: 50 }),
      async (chunks, step) => {
        const encoded = Buffer.concat([
          ...chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            chunk,
            Buffer.from('\r\n'),
          ]),
          Buffer.from('0\r\nx-a: b\r\n\r\n'),
        ]);
        const pieces: Buffer[] = [];
        for (let at = 0; at < encoded.length; at += step)
          pieces.push(encoded.subarray(at, at + step));
        let trailers = new Map<string, string>();
        const onTrailers = (found: Map<string, string>) => {
          trailers = found;
        };
        const decoded: Buffer[] = [];
        for await (const part of decodeChunked(Readable.from(pieces), {
          trailing: true,
          onTrailers,
        })) {
          decoded.push(part);
        }
        expect(Buffer.concat(decoded).equals(Buffer.concat(chunks))).toBe(true);
        expect([...trailers]).toEqual([['x-a', 'b']]);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
