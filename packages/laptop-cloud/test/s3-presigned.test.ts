import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  BUCKET,
  CREDENTIALS,
  readRefusal,
  refusalOf,
  type S3Fixture,
  startS3,
} from './s3-fixture.ts';

let s3: S3Fixture;
let presigner: S3Client;
let clock = 0;
beforeAll(async () => {
  s3 = await startS3({ now: () => Date.now() + clock });
  // Otherwise the SDK signs the checksum of an empty body along with a PUT.
  presigner = s3.connect({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  await s3.client.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: 'a key+ü.txt', Body: 'secret' }),
  );
});
beforeEach(() => {
  clock = 0;
});
afterAll(() => s3.close());

const signGet = (more: object = {}, expiresIn = 60) =>
  getSignedUrl(presigner, new GetObjectCommand({ Bucket: BUCKET, Key: 'a key+ü.txt', ...more }), {
    expiresIn,
  });
const signPut = (more: object = {}) =>
  getSignedUrl(presigner, new PutObjectCommand({ Bucket: BUCKET, Key: 'put.txt', ...more }), {
    expiresIn: 60,
  });
const put = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', body, headers });

describe('given a presigned GET', () => {
  test('when it is fetched in time, the object comes', async () => {
    expect(await (await fetch(await signGet())).text()).toBe('secret');
  });

  test('when it names other headers for the answer, it has those', async () => {
    const ResponseContentDisposition = 'attachment; filename="x.txt"';
    const answer = await fetch(
      await signGet({ ResponseContentDisposition, ResponseContentType: 'text/x-other' }),
    );
    expect(answer.headers.get('content-disposition')).toBe(ResponseContentDisposition);
    expect(answer.headers.get('content-type')).toBe('text/x-other');
  });

  test('when it has expired, it is refused, and the answer says so', async () => {
    const url = await signGet();
    clock = 61_000;
    const answer = await fetch(url);
    expect(await answer.clone().text()).toContain('<Message>Request has expired</Message>');
    expect(await readRefusal(answer)).toBe('403 AccessDenied');
  });

  test.each([
    ['the key', (url: string) => url.replace('.txt', '.txz')],
    ['the signature', (url: string) => url.replace(/Signature=..../, 'Signature=0000')],
    ['the expiry', (url: string) => url.replace('Expires=60', 'Expires=600')],
    ['the answer’s headers', (url: string) => `${url}&response-content-type=text%2Fhtml`],
  ])('when %s is altered, it is refused', async (_, alter) => {
    const url = alter(await signGet());
    expect(await readRefusal(await fetch(url))).toBe('403 SignatureDoesNotMatch');
  });

  test('when it is used for another method, it is refused', async () => {
    expect(await readRefusal(await put(await signGet(), 'x'))).toBe('403 SignatureDoesNotMatch');
  });

  test('when the signature is missing, or the expiry is over a week, it is refused', async () => {
    const url = await signGet();
    const without = url.replace(/&X-Amz-Signature=[0-9a-f]+/, '');
    const tooLong = url.replace('Expires=60', 'Expires=604801');
    expect(await readRefusal(await fetch(without))).toBe('400 AuthorizationQueryParametersError');
    expect(await readRefusal(await fetch(tooLong))).toBe('400 AuthorizationQueryParametersError');
  });

  test('when another secret or access key signed it, it is refused', async () => {
    const command = new GetObjectCommand({ Bucket: BUCKET, Key: 'a key+ü.txt' });
    const signWith = (change: Partial<typeof CREDENTIALS>) =>
      getSignedUrl(s3.connect({ credentials: { ...CREDENTIALS, ...change } }), command);
    const wrongSecret = await signWith({ secretAccessKey: 'another' });
    expect(await readRefusal(await fetch(wrongSecret))).toBe('403 SignatureDoesNotMatch');
    const wrongKey = await signWith({ accessKeyId: 'AKIANOBODY' });
    expect(await readRefusal(await fetch(wrongKey))).toBe('403 InvalidAccessKeyId');
  });
});

describe('given a presigned PUT', () => {
  test('when a body is put in time, it is stored', async () => {
    expect((await put(await signPut(), 'body')).status).toBe(200);
    const answer = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'put.txt' }));
    expect(await answer.Body?.transformToString()).toBe('body');
  });

  test('when it signs a checksum, other bytes are refused', async () => {
    const ChecksumSHA256 = createHash('sha256').update('right').digest('base64');
    const url = await signPut({ Key: 'summed.txt', ChecksumSHA256 });
    expect(await readRefusal(await put(url, 'wrong'))).toBe('400 BadDigest');
    expect((await put(url, 'right')).status).toBe(200);
  });

  test('when it has expired or is altered, nothing is stored', async () => {
    const url = await signPut({ Key: 'late.txt' });
    const altered = url.replace('late.txt', 'other.txt');
    expect(await readRefusal(await put(altered, 'x'))).toBe('403 SignatureDoesNotMatch');
    clock = 61_000;
    expect(await readRefusal(await put(url, 'x'))).toBe('403 AccessDenied');
    clock = 0;
    const get = new GetObjectCommand({ Bucket: BUCKET, Key: 'late.txt' });
    expect(await refusalOf(s3.client.send(get))).toBe('404 NoSuchKey');
  });

  test('when an x-amz header comes along that was not signed, it is refused', async () => {
    const answer = await put(await signPut(), 'x', { 'x-amz-meta-extra': '1' });
    expect(await readRefusal(answer)).toBe('403 AccessDenied');
  });
});

describe('given a request with a signature in its headers', () => {
  const get = (client: S3Client) =>
    refusalOf(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a key+ü.txt' })));

  test('when the secret, the access key, the region or the clock is wrong, it is refused', async () => {
    const wrong = { ...CREDENTIALS, secretAccessKey: 'another' };
    expect(await get(s3.connect({ credentials: wrong }))).toBe('403 SignatureDoesNotMatch');
    const unknown = { ...CREDENTIALS, accessKeyId: 'AKIANOBODY' };
    expect(await get(s3.connect({ credentials: unknown }))).toBe('403 InvalidAccessKeyId');
    const token = { ...CREDENTIALS, sessionToken: 'token' };
    expect(await get(s3.connect({ credentials: token }))).toBe('403 InvalidToken');
    const region = 'eu-west-1';
    expect(await get(s3.connect({ region }))).toBe('400 AuthorizationHeaderMalformed');
    clock = 16 * 60 * 1000;
    expect(await get(s3.connect())).toBe('403 RequestTimeTooSkewed');
  });
});

describe('given a request without a signature', () => {
  test.each(['GET', 'PUT', 'DELETE', 'POST'])('when it is a %s, it is refused', async (method) => {
    const answer = await fetch(s3.url('a%20key+%C3%BC.txt'), { method });
    expect(await readRefusal(answer)).toBe('403 AccessDenied');
  });

  test('when it lists buckets or objects, it is refused', async () => {
    expect(await readRefusal(await fetch(s3.cloud.endpoint))).toBe('403 AccessDenied');
    const list = `${s3.cloud.endpoint}/${BUCKET}?list-type=2`;
    expect(await readRefusal(await fetch(list))).toBe('403 AccessDenied');
  });

  test('when its address is broken, that is said', async () => {
    expect(await readRefusal(await fetch(s3.url('%ff')))).toBe('400 InvalidURI');
  });

  test('when it is signed as in version 2, it is told which one to use', async () => {
    const answer = await fetch(`${s3.url('x')}?AWSAccessKeyId=a&Signature=b&Expires=1`);
    expect(await readRefusal(answer)).toBe('400 InvalidRequest');
  });
});
