import { createHash } from 'node:crypto';
import {
  ChecksumAlgorithm,
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, refusalOf, type S3Fixture, startS3 } from './s3-fixture.ts';

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.close());

const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const get = (Key: string, more: object = {}) =>
  s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }));
const head = (Key: string, more: object = {}) =>
  s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ...more }));
const textOf = async (answer: Promise<{ Body?: { transformToString(): Promise<string> } }>) =>
  (await answer).Body?.transformToString();

const ODD_KEYS = [
  'with space.txt',
  'plus+plus.txt',
  '100%.txt',
  'per%2Fcent.txt',
  `quotes'".txt`,
  'grüße/straße.txt',
  'emoji-😀.txt',
  'a//double',
  '/leading',
  '//leading',
  'up/../../down',
  './dot',
  'trailing/',
  'a&b=c?d#e;f:g@h,i$j!k*l(m)n~o',
  '<xml>&amp;',
  'control\u0001\u001f',
  'x'.repeat(1_024),
];

describe('given an object with an odd key', () => {
  test.each(ODD_KEYS)('when it is put, %j is read back by the same key only', async (key) => {
    await put(key, `body of ${key}`);
    expect(await textOf(get(key))).toBe(`body of ${key}`);
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(await refusalOf(get(key))).toBe('404 NoSuchKey');
  });

  test('when the key is longer than 1,024 bytes, it is refused', async () => {
    expect(await refusalOf(put('ü'.repeat(513), 'x'))).toBe('400 KeyTooLongError');
  });
});

describe('given an object with headers, metadata and tags', () => {
  beforeAll(() =>
    put('described', 'hello', {
      ContentType: 'text/x-test',
      ContentDisposition: `attachment; filename="a.txt"`,
      ContentEncoding: 'identity',
      CacheControl: 'max-age=5',
      Metadata: { one: 'first', two: 'second' },
      Tagging: 'kind=test&with%20space=a%2Bb',
    }),
  );

  test('when it is asked for, all of them come back', async () => {
    const answer = await head('described');
    expect(answer).toMatchObject({
      ContentType: 'text/x-test',
      ContentEncoding: 'identity',
      CacheControl: 'max-age=5',
      ContentLength: 5,
      Metadata: { one: 'first', two: 'second' },
      TagCount: 2,
      ETag: `"${createHash('md5').update('hello').digest('hex')}"`,
    });
  });

  test('when its tags are read, replaced and deleted, each shows', async () => {
    const place = { Bucket: BUCKET, Key: 'described' };
    const before = await s3.client.send(new GetObjectTaggingCommand(place));
    expect(before.TagSet).toContainEqual({ Key: 'with space', Value: 'a+b' });
    const TagSet = [{ Key: 'new', Value: '' }];
    await s3.client.send(new PutObjectTaggingCommand({ ...place, Tagging: { TagSet } }));
    expect((await s3.client.send(new GetObjectTaggingCommand(place))).TagSet).toEqual(TagSet);
    await s3.client.send(new DeleteObjectTaggingCommand(place));
    expect((await s3.client.send(new GetObjectTaggingCommand(place))).TagSet).toEqual([]);
  });

  test('when it is copied, the copy has them, or others where the copy says so', async () => {
    const CopySource = `${BUCKET}/described`;
    await s3.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy ü', CopySource }));
    expect(await head('copy ü')).toMatchObject({ Metadata: { one: 'first', two: 'second' } });
    await s3.client.send(
      new CopyObjectCommand({
        Bucket: BUCKET,
        Key: 'copy 2',
        CopySource: `/${BUCKET}/copy%20%C3%BC`,
        MetadataDirective: 'REPLACE',
        Metadata: { three: 'third' },
      }),
    );
    expect(await head('copy 2')).toMatchObject({ Metadata: { three: 'third' } });
    expect(await textOf(get('copy 2'))).toBe('hello');
  });

  test('when it is copied onto itself without a change, that is refused', async () => {
    const copy = { Bucket: BUCKET, Key: 'described', CopySource: `${BUCKET}/described` };
    expect(await refusalOf(s3.client.send(new CopyObjectCommand(copy)))).toBe('400 InvalidRequest');
  });
});

describe('given an object of ten bytes', () => {
  beforeAll(() => put('digits', '0123456789'));

  test.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=5-500', '56789', 'bytes 5-9/10'],
  ])('when %s is read, it is %s', async (Range, text, contentRange) => {
    const answer = await get('digits', { Range });
    expect(answer.ContentRange).toBe(contentRange);
    expect(await answer.Body?.transformToString()).toBe(text);
  });

  test.each(['bytes=10-', 'bytes=11-12', 'bytes=-0'])('when %s is read, 416', async (Range) => {
    expect(await refusalOf(get('digits', { Range }))).toBe('416 InvalidRange');
  });

  test('when a read has conditions, they decide', async () => {
    const { ETag, LastModified } = await head('digits');
    const earlier = new Date((LastModified?.getTime() ?? 0) - 5_000);
    expect(await refusalOf(get('digits', { IfMatch: ETag }))).toBe('none');
    expect(await refusalOf(get('digits', { IfMatch: '"no"' }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(head('digits', { IfNoneMatch: ETag }))).toMatch(/^304/);
    expect(await refusalOf(head('digits', { IfModifiedSince: LastModified }))).toMatch(/^304/);
    expect(await refusalOf(get('digits', { IfModifiedSince: earlier }))).toBe('none');
    expect(await refusalOf(get('digits', { IfUnmodifiedSince: earlier }))).toMatch(/^412/);
  });

  test('when a write or a delete has conditions, they decide', async () => {
    expect(await refusalOf(put('digits', 'x', { IfNoneMatch: '*' }))).toBe(
      '412 PreconditionFailed',
    );
    expect(await refusalOf(put('digits', 'x', { IfMatch: '"no"' }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(put('digits-new', 'x', { IfNoneMatch: '*' }))).toBe('none');
    const wrong = { Bucket: BUCKET, Key: 'digits', IfMatch: '"no"' };
    expect(await refusalOf(s3.client.send(new DeleteObjectCommand(wrong)))).toMatch(/^412/);
    expect(await textOf(get('digits'))).toBe('0123456789');
  });
});

describe('given bodies of several kinds', () => {
  test('when an empty object is put, it is read back empty', async () => {
    await put('empty', '');
    expect(await textOf(get('empty'))).toBe('');
    expect((await head('empty')).ContentLength).toBe(0);
  });

  test.each(Object.values(ChecksumAlgorithm).filter((it) => /^(CRC|SHA(1|256))/.test(it)))(
    'when it is put with %s, the checksum is verified, kept and given back',
    async (algorithm) => {
      await put('summed', 'checksum me', { ChecksumAlgorithm: algorithm });
      const name = `Checksum${algorithm}`;
      const kept = await head('summed', { ChecksumMode: 'ENABLED' });
      expect(kept).toHaveProperty(name);
      const wrong = { [name]: Buffer.alloc(32).toString('base64').slice(0, 4) };
      expect(await refusalOf(put('wrong', 'checksum me', wrong))).toMatch(/^400 Invalid/);
    },
  );

  test('when a declared checksum is that of other bytes, nothing is stored', async () => {
    const before = await s3.bodyFiles();
    const ChecksumSHA256 = createHash('sha256').update('other').digest('base64');
    expect(await refusalOf(put('wrong', 'bytes', { ChecksumSHA256 }))).toBe('400 BadDigest');
    const ContentMD5 = createHash('md5').update('other').digest('base64');
    expect(await refusalOf(put('wrong', 'bytes', { ContentMD5 }))).toBe('400 BadDigest');
    expect(await refusalOf(get('wrong'))).toBe('404 NoSuchKey');
    expect(await s3.bodyFiles()).toEqual(before);
  });

  test('when an object is overwritten or deleted, no old body stays on disk', async () => {
    const before = (await s3.bodyFiles()).length;
    for (const body of ['one', 'two', 'three']) await put('rewritten', body);
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'rewritten' }));
    await expect.poll(async () => (await s3.bodyFiles()).length).toBe(before);
  });

  test('when it is overwritten and deleted during a read, the reader gets all the old bytes', async () => {
    const old = Buffer.alloc(3_000_000, 'old');
    await put('busy', old);
    const { Body } = await get('busy');
    await put('busy', 'new');
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'busy' }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(old)).toBe(true);
  });
});

describe('given several objects', () => {
  test('when they are deleted in one call, each is answered for', async () => {
    for (const key of ['many/1', 'many/ü & <2>']) await put(key, key);
    const Objects = [{ Key: 'many/1' }, { Key: 'many/ü & <2>' }, { Key: 'many/none' }];
    const command = new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } });
    const { Deleted, Errors } = await s3.client.send(command);
    expect(Deleted?.map(({ Key }) => Key)).toEqual(Objects.map(({ Key }) => Key));
    expect(Errors ?? []).toEqual([]);
    expect(await refusalOf(get('many/1'))).toBe('404 NoSuchKey');
  });
});

describe('given buckets', () => {
  test('when one is created again, that is no error, and it is listed', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([BUCKET]);
    await s3.client.send(new HeadBucketCommand({ Bucket: BUCKET }));
    const location = await s3.client.send(new GetBucketLocationCommand({ Bucket: BUCKET }));
    expect(location.LocationConstraint ?? '').toBe('');
  });

  test('when one does not exist or has an impossible name, that is said', async () => {
    const Bucket = 'no-such-bucket';
    const command = new PutObjectCommand({ Bucket, Key: 'a', Body: 'b' });
    expect(await refusalOf(s3.client.send(command))).toBe('404 NoSuchBucket');
    const create = new CreateBucketCommand({ Bucket: 'UPPER' });
    expect(await refusalOf(s3.client.send(create))).toBe('400 InvalidBucketName');
  });
});

describe('given something that this S3 does not do', () => {
  test('when it is asked for, the answer is 501 and nothing is stored', async () => {
    const acl = new GetBucketAclCommand({ Bucket: BUCKET });
    expect(await refusalOf(s3.client.send(acl))).toBe('501 NotImplemented');
    expect(await refusalOf(get('digits', { VersionId: 'v1' }))).toBe('501 NotImplemented');
    const publicRead = put('public', 'x', { ACL: 'public-read' });
    expect(await refusalOf(publicRead)).toBe('501 NotImplemented');
    expect(await refusalOf(get('public'))).toBe('404 NoSuchKey');
  });
});
