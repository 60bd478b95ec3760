import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announce, type Picture, post, waitForEnd } from '../support/client.ts';
import { drawMarker } from '../support/pictures.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

type Fields = Record<string, string>;

const MINUTE_MS = 60_000;

let stack: RunningStack;
let s3: S3Client;
let picture: Picture;

beforeAll(async () => {
  stack = await startStack(await createHome());
  const { awsEndpoint, region, ...credentials } = stack.info;
  s3 = new S3Client({
    endpoint: awsEndpoint,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED', // a presigned PUT would sign that of an empty body
  });
  const bytes = await drawMarker().jpeg().toBuffer();
  picture = { filename: 'marker.jpg', contentType: 'image/jpeg', bytes };
});
afterAll(async () => {
  s3?.destroy();
  await stack?.stop();
});

function announcePicture() {
  const { filename, contentType, bytes } = picture;
  return announce(stack, { filename, contentType, contentLength: bytes.length });
}

function without(fields: Fields, ...names: string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** The policy with something in its conditions exchanged, as a client would that wants more. */
function alterPolicy(fields: Fields): Fields {
  const policy = Buffer.from(fields.Policy ?? '', 'base64').toString();
  const altered = policy.replace(String(picture.bytes.length), '999999');
  expect(altered).not.toBe(policy);
  return { ...fields, Policy: Buffer.from(altered).toString('base64') };
}

function alterSignature(fields: Fields): Fields {
  const [first, ...rest] = fields['X-Amz-Signature'] ?? '';
  return { ...fields, 'X-Amz-Signature': [first === '0' ? '1' : '0', ...rest].join('') };
}

async function expectRefusal(response: Response, status: number, code: string, words = '') {
  const body = await response.text();
  expect(body).toContain(`<Error><Code>${code}</Code>`);
  expect(body).toContain(words);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/xml');
}

async function expectNoObject(Key: string) {
  const head = s3.send(new HeadObjectCommand({ Bucket: stack.info.uploadBucket, Key }));
  await expect(head).rejects.toMatchObject({ name: 'NotFound' });
}

async function expectStillAwaited(id: string) {
  const response = await stack.call(`/v1/analyses/${id}`);
  expect(await response.json()).toMatchObject({ id, status: 'awaiting_upload' });
}

describe('given an upload that was announced', () => {
  test('when it is sent as signed, it is taken, and analysed', async () => {
    const { id, upload } = await announcePicture();
    expect(await post(upload, picture)).toMatchObject({ status: 204 });
    expect(await waitForEnd(stack, id)).toMatchObject({ status: 'succeeded' });
  });

  test.each<[string, number, string, (fields: Fields) => Fields]>([
    ['another content type', 403, 'AccessDenied', (f) => ({ ...f, 'Content-Type': 'image/png' })],
    ['another key', 403, 'AccessDenied', (f) => ({ ...f, key: 'drop/other.jpg' })],
    ['an extra field', 403, 'AccessDenied', (f) => ({ ...f, 'x-amz-meta-extra': 'yes' })],
    ['an altered policy', 403, 'SignatureDoesNotMatch', alterPolicy],
    ['no policy', 400, 'InvalidArgument', (f) => without(f, 'Policy')],
    ['an altered signature', 403, 'SignatureDoesNotMatch', alterSignature],
    ['no signature', 400, 'InvalidArgument', (f) => without(f, 'X-Amz-Signature')],
    ['nothing but the key', 403, 'AccessDenied', ({ key = '' }) => ({ key })],
  ])(
    'when it is sent with %s, it is refused with %i %s, and leaves no trace',
    async (_, status, code, change) => {
      const { id, upload } = await announcePicture();
      const fields = change(upload.fields);
      await expectRefusal(await post({ ...upload, fields }, picture), status, code);
      await expectNoObject(upload.fields.key);
      await expectNoObject('drop/other.jpg');
      await expectStillAwaited(id);
    },
  );

  test.each([
    ['larger', 1, 'EntityTooLarge'],
    ['smaller', -1, 'EntityTooSmall'],
  ])(
    'when the file is %s than announced, it is refused, and leaves no trace',
    async (_, more, code) => {
      const { id, upload } = await announcePicture();
      const bytes = new Uint8Array(picture.bytes.length + more);
      await expectRefusal(await post(upload, { ...picture, bytes }), 400, code);
      await expectNoObject(upload.fields.key);
      await expectStillAwaited(id);
    },
  );

  test('when its time is over, it is refused, and leaves no trace', async () => {
    const Key = 'uploads/too-late';
    const Bucket = stack.info.uploadBucket;
    const late = await createPresignedPost(s3, { Bucket, Key, Expires: -60 });
    await expectRefusal(await post(late, picture), 403, 'AccessDenied', 'Policy expired');
    await expectNoObject(Key);
  });
});

describe('given an object', () => {
  const place = () => ({ Bucket: stack.info.uploadBucket, Key: 'given/object.jpg' });
  const plainUrl = () => `${stack.info.awsEndpoint}/${place().Bucket}/${place().Key}`;

  test('when somebody anonymous gets, puts, lists or deletes, it is refused', async () => {
    const body = Buffer.from(picture.bytes);
    const bucketUrl = `${stack.info.awsEndpoint}/${place().Bucket}`;
    await expectRefusal(await fetch(plainUrl(), { method: 'PUT', body }), 403, 'AccessDenied');
    await expectRefusal(await fetch(plainUrl()), 403, 'AccessDenied');
    await expectRefusal(await fetch(plainUrl(), { method: 'DELETE' }), 403, 'AccessDenied');
    await expectRefusal(await fetch(bucketUrl), 403, 'AccessDenied');
    await expectNoObject(place().Key);
  });

  test('when it is put and got by presigned URLs, that works, but not altered, late, or for something else', async () => {
    const body = Buffer.from(picture.bytes);
    const put = new PutObjectCommand(place());
    const get = new GetObjectCommand(place());
    const late = { signingDate: new Date(Date.now() - 2 * MINUTE_MS), expiresIn: 60 };
    const [putUrl, getUrl, latePut, lateGet] = await Promise.all([
      getSignedUrl(s3, put),
      getSignedUrl(s3, get),
      getSignedUrl(s3, put, late),
      getSignedUrl(s3, get, late),
    ]);
    const send = (url: string) => fetch(url, { method: 'PUT', body });
    const other = (url: string) => url.replace('object.jpg', 'other.jpg');
    await expectRefusal(await send(latePut), 403, 'AccessDenied', 'expired');
    await expectRefusal(await send(other(putUrl)), 403, 'SignatureDoesNotMatch');
    await expectRefusal(await send(getUrl), 403, 'SignatureDoesNotMatch');
    await expectNoObject(place().Key);

    expect((await send(putUrl)).status).toBe(200);
    expect(Buffer.from(await (await fetch(getUrl)).arrayBuffer())).toEqual(body);
    await expectRefusal(await fetch(lateGet), 403, 'AccessDenied', 'expired');
    await expectRefusal(await fetch(other(getUrl)), 403, 'SignatureDoesNotMatch');
  });
});
