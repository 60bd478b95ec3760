import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BOUNDARY, formContent } from './form-content.ts';
import {
  BUCKET,
  CREDENTIALS,
  readRefusal,
  refusalOf,
  type S3Fixture,
  startS3,
} from './s3-fixture.ts';

const KEY = 'uploads/picture.png';
const TYPE = 'image/png';
const MAX_BYTES = 1_000;

let s3: S3Fixture;
let clock = 0;
beforeAll(async () => {
  s3 = await startS3({ now: () => Date.now() + clock });
});
beforeEach(() => {
  clock = 0;
});
afterAll(() => s3.close());

type Conditions = NonNullable<PresignedPostOptions['Conditions']>;

const sign = (
  more: { conditions?: Conditions; fields?: Record<string, string>; key?: string } = {},
) =>
  createPresignedPost(s3.client, {
    Bucket: BUCKET,
    Key: more.key ?? KEY,
    Conditions: more.conditions ?? [
      ['content-length-range', 1, MAX_BYTES],
      ['eq', '$Content-Type', TYPE],
    ],
    Fields: more.fields ?? { 'Content-Type': TYPE },
    Expires: 60,
  });

type Fields = Record<string, string>;

async function post(fields: Fields, file: Blob | string = 'x'.repeat(10), name = 'a.png') {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', typeof file === 'string' ? new Blob([file]) : file, name);
  return fetch(`${s3.cloud.endpoint}/${BUCKET}`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
}

/** Sends a form whose file is written as told, cut into so many pieces, and gives the stored bytes back. */
async function postInPieces(fields: Fields, disposition: string, file: string, pieces: number) {
  const line = `--${BOUNDARY}\r\nContent-Disposition: form-data`;
  const texts = Object.entries(fields).map(
    ([name, value]) => `${line}; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `${line}; ${disposition}\r\nContent-Type: ${TYPE}; charset=utf-16\r\n\r\n`;
  const form = Buffer.from(`${texts.join('')}${head}${file}\r\n--${BOUNDARY}--`, 'latin1');
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  const call = request(`${s3.cloud.endpoint}/${BUCKET}`, { method: 'POST', headers });
  const size = Math.ceil(form.length / pieces);
  for (let at = 0; at < form.length; at += size) call.write(form.subarray(at, at + size));
  call.end();
  const [answer] = await once(call, 'response');
  answer.resume();
  expect(answer.statusCode).toBe(204);
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: KEY }));
  return Body?.transformToString('latin1');
}

/** A form with a policy of one's own, rightly signed. */
function signPolicy(
  conditions: unknown[],
  fields: Fields,
  expiration = '2999-01-01T00:00:00Z',
): Fields {
  const amzDate = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const day = amzDate.slice(0, 8);
  const credential = `${CREDENTIALS.accessKeyId}/${day}/us-east-1/s3/aws4_request`;
  const own = [
    { bucket: BUCKET },
    { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
    { 'x-amz-credential': credential },
    { 'x-amz-date': amzDate },
  ];
  const policy = JSON.stringify({ expiration, conditions: [...own, ...conditions] });
  const base64 = Buffer.from(policy).toString('base64');
  const key = [day, 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${CREDENTIALS.secretAccessKey}`),
  );
  return {
    ...fields,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': credential,
    'x-amz-date': amzDate,
    policy: base64,
    'x-amz-signature': createHmac('sha256', key).update(base64).digest('hex'),
  };
}

const head = (Key = KEY) => s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));

describe('given a signed form', () => {
  test('when the file fits, it is stored with the signed type, and the answer is 204', async () => {
    const { fields } = await sign();
    const answer = await post(fields, 'png bytes');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('etag')).toBe(
      `"${createHash('md5').update('png bytes').digest('hex')}"`,
    );
    expect(await head()).toMatchObject({ ContentType: TYPE, ContentLength: 9 });
  });

  test('when it asks for 201, the answer says where the object is', async () => {
    const { fields } = await sign({
      conditions: [['eq', '$success_action_status', '201']],
      fields: { success_action_status: '201' },
      key: 'uploads/ü 1.png',
    });
    const answer = await post(fields);
    expect(answer.status).toBe(201);
    const location = answer.headers.get('location');
    expect(location).toBe(`${s3.cloud.endpoint}/${BUCKET}/uploads/%C3%BC%201.png`);
    expect(await answer.text()).toContain(`<Location>${location}</Location>`);
  });

  test('when it asks for a redirect, the answer is 303 with bucket, key and ETag', async () => {
    const success_action_redirect = 'http://localhost/done?a=1';
    const { fields } = await sign({ conditions: [], fields: { success_action_redirect } });
    const answer = await post(fields);
    expect(answer.status).toBe(303);
    const url = new URL(answer.headers.get('location') ?? '');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      a: '1',
      bucket: BUCKET,
      key: KEY,
    });
  });

  test('when the key holds the variable, the file name takes its place', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's variable
    const { fields } = await sign({ key: 'uploads/${filename}', conditions: [], fields: {} });
    expect((await post(fields, 'x', 'straße 1.png')).status).toBe(204);
    expect(await head('uploads/straße 1.png')).toMatchObject({ ContentLength: 1 });
  });

  test('when it has metadata, tags and a checksum, they are kept', async () => {
    const extra = {
      'x-amz-meta-note': 'grüße',
      'x-amz-checksum-sha256': createHash('sha256').update('x').digest('base64'),
    };
    const { fields } = await sign({ conditions: [], fields: extra });
    expect((await post(fields, 'x')).status).toBe(204);
    expect(await head()).toMatchObject({ Metadata: { note: '=?UTF-8?B?Z3LDvMOfZQ==?=' } });
    expect(await readRefusal(await post(fields, 'other'))).toBe('400 BadDigest');
  });

  test.each(['name="file"; filename="a"', 'name="file"; filename=""', 'name="file"', 'name=File'])(
    'when its file is written as %s, each byte of it is stored, in whatever pieces it comes',
    async (disposition) => {
      const { fields } = await sign();
      const file = formContent.filter(({ length }) => length > 0 && length <= MAX_BYTES);
      const check = async (content: string, pieces: number) => {
        expect(await postInPieces(fields, disposition, content, pieces)).toBe(content);
      };
      const all = fc.asyncProperty(file, fc.integer({ min: 1, max: 2_000 }), check);
      await fc.assert(all, { numRuns: 10 });
    },
  );

  test('when fields follow the file, they are ignored', async () => {
    const { fields } = await sign();
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    form.append('file', new Blob(['x']), 'a.png');
    form.append('x-late', 'ignored');
    const answer = await fetch(`${s3.cloud.endpoint}/${BUCKET}/`, { method: 'POST', body: form });
    expect(answer.status).toBe(204);
  });
});

describe('given a signed form that is changed', () => {
  let fields: Fields;
  let bodies: string[];
  beforeEach(async () => {
    fields = (await sign({ key: 'uploads/refused.png' })).fields;
    bodies = await s3.bodyFiles();
  });

  const expectRefused = async (answer: Promise<Response>, refusal: string) => {
    expect(await readRefusal(await answer)).toBe(refusal);
    expect(await refusalOf(head('uploads/refused.png'))).toMatch(/^404/);
    expect(await s3.bodyFiles()).toEqual(bodies);
  };

  test('when the file is larger than allowed, the sizes are named', async () => {
    const answer = await post(fields, 'x'.repeat(MAX_BYTES + 1));
    const xml = await answer.clone().text();
    expect(xml).toContain(`<MaxSizeAllowed>${MAX_BYTES}</MaxSizeAllowed>`);
    await expectRefused(Promise.resolve(answer), '400 EntityTooLarge');
  });

  test('when the file is very much larger, the client still gets the answer', async () => {
    const file = new Blob([Buffer.alloc(20_000_000)]);
    await expectRefused(post(fields, file), '400 EntityTooLarge');
  });

  test('when the file is smaller than allowed', () =>
    expectRefused(post(fields, ''), '400 EntityTooSmall'));

  test('when the content type is another', () =>
    expectRefused(post({ ...fields, 'Content-Type': 'text/html' }), '403 AccessDenied'));

  test('when the content type is missing', () => {
    const { 'Content-Type': _, ...rest } = fields;
    return expectRefused(post(rest), '403 AccessDenied');
  });

  test('when the key is another', async () => {
    await expectRefused(post({ ...fields, key: 'uploads/other.png' }), '403 AccessDenied');
    expect(await refusalOf(head('uploads/other.png'))).toMatch(/^404/);
  });

  test('when the key is given twice, in whatever case', () =>
    expectRefused(post({ ...fields, Key: 'uploads/other.png' }), '400 InvalidArgument'));

  test('when the bucket field is another', () =>
    expectRefused(post({ ...fields, bucket: 'another-bucket' }), '403 AccessDenied'));

  test('when there is an extra field, it is named', async () => {
    const answer = await post({ ...fields, 'x-amz-meta-extra': '1' });
    expect(await answer.clone().text()).toContain('Extra input fields: x-amz-meta-extra');
    await expectRefused(Promise.resolve(answer), '403 AccessDenied');
  });

  test('when an extra field begins with x-ignore-, it is let through', async () => {
    const { fields: own } = await sign();
    expect((await post({ ...own, 'x-ignore-me': '1' })).status).toBe(204);
  });

  test('when the policy is altered', () => {
    const policy = Buffer.from(fields.Policy ?? '', 'base64').toString();
    const altered = Buffer.from(policy.replace('1000', '9000')).toString('base64');
    return expectRefused(post({ ...fields, Policy: altered }), '403 SignatureDoesNotMatch');
  });

  test('when the policy is missing', () => {
    const { Policy: _, ...rest } = fields;
    return expectRefused(post(rest), '400 InvalidArgument');
  });

  test('when the signature is altered', () => {
    const altered = { ...fields, 'X-Amz-Signature': '0'.repeat(64) };
    return expectRefused(post(altered), '403 SignatureDoesNotMatch');
  });

  test('when the signature is missing', () => {
    const { 'X-Amz-Signature': _, ...rest } = fields;
    return expectRefused(post(rest), '400 InvalidArgument');
  });

  test('when nothing but the key is left', () =>
    expectRefused(post({ key: 'uploads/refused.png' }), '403 AccessDenied'));

  test('when the access key is unknown', () => {
    const credential = (fields['X-Amz-Credential'] ?? '').replace('AKIA', 'AKIB');
    return expectRefused(
      post({ ...fields, 'X-Amz-Credential': credential }),
      '403 InvalidAccessKeyId',
    );
  });

  test('when it has expired, the answer says so', async () => {
    clock = 61_000;
    const answer = await post(fields);
    expect(await answer.clone().text()).toContain('Invalid according to Policy: Policy expired.');
    await expectRefused(Promise.resolve(answer), '403 AccessDenied');
  });

  test('when it is posted to another bucket', async () => {
    s3.cloud.buckets.ensureBucket({ name: 'second-bucket' });
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    form.append('file', new Blob(['x']), 'a.png');
    const url = `${s3.cloud.endpoint}/second-bucket`;
    await expectRefused(fetch(url, { method: 'POST', body: form }), '403 AccessDenied');
  });

  test('when there is no file', () => {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    const answer = fetch(`${s3.cloud.endpoint}/${BUCKET}`, { method: 'POST', body: form });
    return expectRefused(answer, '400 IncorrectNumberOfFilesInPostRequest');
  });

  test('when its fields are larger than 20 KB', () =>
    expectRefused(
      post({ ...fields, 'x-ignore-a': 'x'.repeat(21_000) }),
      '400 MaxPostPreDataLengthExceeded',
    ));

  test('when the form ends in the middle of the file', () => {
    const parts = Object.entries(fields).map(
      ([name, value]) =>
        `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const file =
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf a fi';
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const body = parts.join('') + file;
    const answer = fetch(`${s3.cloud.endpoint}/${BUCKET}`, { method: 'POST', headers, body });
    return expectRefused(answer, '400 MalformedPOSTRequest');
  });

  test('when the client hangs up in the middle of the file, nothing of it remains', async () => {
    const headers = {
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': 100_000,
    };
    const { port } = new URL(s3.cloud.endpoint);
    const path = `/${BUCKET}`;
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', headers });
    call.on('error', () => undefined);
    for (const [name, value] of Object.entries(fields)) {
      call.write(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    }
    call.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf a fi');
    await expect.poll(async () => (await s3.bodyFiles()).length).toBe(bodies.length + 1);
    call.destroy();
    await expect.poll(() => s3.bodyFiles()).toEqual(bodies);
    expect(await refusalOf(head('uploads/refused.png'))).toMatch(/^404/);
  });
});

describe('given a policy of one’s own', () => {
  const fields = { key: 'own/1', 'Content-Type': 'image/png' };

  test.each([
    [
      'a key that starts so',
      [
        ['starts-with', '$key', 'own/'],
        ['starts-with', '$Content-Type', ''],
      ],
      204,
    ],
    [
      'a key that starts otherwise',
      [
        ['starts-with', '$key', 'x/'],
        ['eq', '$Content-Type', 'image/png'],
      ],
      403,
    ],
    ['no condition on the type', [['eq', '$key', 'own/1']], 403],
    [
      'a condition on a field that is missing',
      [{ key: 'own/1' }, { 'content-type': 'image/png' }, { acl: 'private' }],
      403,
    ],
    [
      'a condition of an unknown kind',
      [{ key: 'own/1' }, ['ends-with', '$Content-Type', 'png']],
      400,
    ],
  ])('when it has %s', async (_, conditions, status) => {
    expect((await post(signPolicy(conditions, fields))).status).toBe(status);
  });

  test('when a type is a list, each item must start as the condition says', async () => {
    const conditions = [{ key: 'own/1' }, ['starts-with', '$Content-Type', 'image/']];
    const send = async (type: string) =>
      (await post(signPolicy(conditions, { ...fields, 'Content-Type': type }))).status;
    expect(await send('image/png,image/jpeg')).toBe(204);
    expect(await send('image/png,text/html')).toBe(403);
  });

  test('when it is no JSON or has no expiration, it is refused', async () => {
    const conditions = [{ key: 'own/1' }, { 'Content-Type': 'image/png' }];
    const broken = signPolicy(conditions, fields, 'tomorrow');
    expect(await readRefusal(await post(broken))).toBe('400 InvalidPolicyDocument');
  });

  test('when a metadata field holds a line break, it is refused', async () => {
    const evil = { key: 'own/1', 'x-amz-meta-a': 'x\r\nSet-Cookie: a=b' };
    const conditions = [{ key: 'own/1' }, ['starts-with', '$x-amz-meta-a', '']];
    expect(await readRefusal(await post(signPolicy(conditions, evil)))).toBe('400 InvalidArgument');
  });

  test('when it asks for a public object, the answer is 501', async () => {
    const open = { key: 'own/public', acl: 'public-read' };
    const conditions = [{ key: 'own/public' }, { acl: 'public-read' }];
    expect(await readRefusal(await post(signPolicy(conditions, open)))).toBe('501 NotImplemented');
    const get = new GetObjectCommand({ Bucket: BUCKET, Key: 'own/public' });
    expect(await refusalOf(s3.client.send(get))).toBe('404 NoSuchKey');
  });
});
