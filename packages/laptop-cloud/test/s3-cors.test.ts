import { GetBucketCorsCommand } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, readRefusal, refusalOf, type S3Fixture, startS3 } from './s3-fixture.ts';

const ORIGIN = 'http://localhost:3000';

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
  s3.cloud.buckets.ensureBucket({
    name: BUCKET,
    cors: [
      {
        allowedOrigins: [ORIGIN, 'https://*.example.org'],
        allowedMethods: ['POST', 'PUT'],
        allowedHeaders: ['content-type', 'x-amz-meta-*'],
        exposedHeaders: ['ETag'],
        maxAgeSeconds: 600,
      },
    ],
  });
  s3.cloud.buckets.ensureBucket({ name: 'without-rules' });
});
afterAll(() => s3.close());

const preflight = (origin: string, method: string, headers?: string, bucket = BUCKET) =>
  fetch(`${s3.cloud.endpoint}/${bucket}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      ...(headers && { 'access-control-request-headers': headers }),
    },
  });

describe('given a bucket with a rule', () => {
  test('when a preflight fits it, it is allowed', async () => {
    const answer = await preflight(ORIGIN, 'POST', 'Content-Type, X-Amz-Meta-Name');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST, PUT',
      'access-control-allow-headers': 'Content-Type, X-Amz-Meta-Name',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '600',
      vary: expect.stringContaining('Origin'),
    });
    expect((await preflight('https://a.example.org', 'PUT')).status).toBe(200);
  });

  test.each([
    ['the origin', 'http://evil.test', 'POST', undefined],
    ['an origin that only begins like an allowed one', `${ORIGIN}.evil.test`, 'POST', undefined],
    ['the method', ORIGIN, 'DELETE', undefined],
    ['a header', ORIGIN, 'POST', 'authorization'],
  ])('when %s does not fit it, it is refused', async (_, origin, method, headers) => {
    const answer = await preflight(origin, method, headers);
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    expect(await readRefusal(answer)).toBe('403 AccessForbidden');
  });

  test('when a form is posted from an allowed origin, the page may read the answer, a refusal too', async () => {
    const { url, fields } = await createPresignedPost(s3.client, { Bucket: BUCKET, Key: 'a' });
    const post = (more: Record<string, string>, origin: string) => {
      const form = new FormData();
      for (const [name, value] of Object.entries({ ...fields, ...more })) form.append(name, value);
      form.append('file', new Blob(['x']));
      return fetch(url, { method: 'POST', body: form, headers: { origin } });
    };
    const stored = await post({}, ORIGIN);
    expect(stored.status).toBe(204);
    expect(stored.headers.get('access-control-expose-headers')).toBe('ETag');
    const refused = await post({ key: 'b' }, ORIGIN);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    const stranger = await post({}, 'http://evil.test');
    expect(stranger.headers.has('access-control-allow-origin')).toBe(false);
  });

  test('when its rules are read, they are as set', async () => {
    const { CORSRules } = await s3.client.send(new GetBucketCorsCommand({ Bucket: BUCKET }));
    expect(CORSRules).toMatchObject([{ AllowedMethods: ['POST', 'PUT'], MaxAgeSeconds: 600 }]);
  });
});

describe('given a bucket without rules', () => {
  test('when a preflight comes, it is refused, and there is no configuration to read', async () => {
    const answer = await preflight(ORIGIN, 'POST', undefined, 'without-rules');
    expect(await readRefusal(answer)).toBe('403 AccessForbidden');
    const command = new GetBucketCorsCommand({ Bucket: 'without-rules' });
    expect(await refusalOf(s3.client.send(command))).toBe('404 NoSuchCORSConfiguration');
  });
});
