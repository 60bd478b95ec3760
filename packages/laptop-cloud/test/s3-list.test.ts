import {
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listKeys } from '../src/cloud/s3/lists.ts';
import { BUCKET, refusalOf, type S3Fixture, startS3 } from './s3-fixture.ts';

const byBytes = (left: string, right: string) =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));
const KEYS = ['a', 'b/', 'b/1', 'b/2/3', 'b/ü +&', 'c', 'z\u0001', '\uffee', '😀'].sort(byBytes);

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
  for (const Key of KEYS) {
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
  }
});
afterAll(() => s3.close());

const list = (more: object = {}) =>
  s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url', ...more }));
const decode = (key = '') => decodeURIComponent(key.replaceAll('+', ' '));

describe('given a bucket with keys of all kinds', () => {
  test('when it is listed, they come in the order of their UTF-8 bytes', async () => {
    const { Contents, KeyCount, IsTruncated } = await list();
    expect(Contents?.map(({ Key }) => decode(Key))).toEqual(KEYS);
    expect([KeyCount, IsTruncated]).toEqual([KEYS.length, false]);
  });

  test('when it is listed without encoding, control characters still come through', async () => {
    const { Contents } = await list({ EncodingType: undefined, Prefix: 'z' });
    expect(Contents?.map(({ Key }) => Key)).toEqual(['z\u0001']);
  });

  test('when there is a delimiter, what lies behind it is rolled up', async () => {
    const top = await list({ Delimiter: '/' });
    expect(top.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['b/']);
    expect(top.Contents?.map(({ Key }) => decode(Key))).toEqual(
      KEYS.filter((key) => !key.includes('/')),
    );
    const inside = await list({ Delimiter: '/', Prefix: 'b/' });
    expect(inside.Contents?.map(({ Key }) => decode(Key))).toEqual(['b/', 'b/1', 'b/ü +&']);
    expect(inside.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['b/2/']);
  });

  test('when it is listed from a key on, that key is left out', async () => {
    const { Contents } = await list({ StartAfter: 'c' });
    expect(Contents?.map(({ Key }) => decode(Key))).toEqual(KEYS.slice(KEYS.indexOf('c') + 1));
  });

  test('when it is listed page by page, no key is missing or doubled', async () => {
    const keys: (string | undefined)[] = [];
    const pages = paginateListObjectsV2({ client: s3.client, pageSize: 2 }, { Bucket: BUCKET });
    for await (const { Contents = [] } of pages) keys.push(...Contents.map(({ Key }) => Key));
    expect(keys).toEqual(KEYS);
  });

  test('when the older list is asked for, its marker goes on where the page ended', async () => {
    const first = await s3.client.send(
      new ListObjectsCommand({ Bucket: BUCKET, MaxKeys: 2, Delimiter: '/' }),
    );
    expect(first.NextMarker).toBe('b/');
    const second = await s3.client.send(
      new ListObjectsCommand({ Bucket: BUCKET, Marker: first.NextMarker, Delimiter: '/' }),
    );
    expect(second.Contents?.[0]?.Key).toBe('c');
    expect(second.CommonPrefixes ?? []).toEqual([]);
  });

  test('when the request makes no sense, it is refused', async () => {
    expect(await refusalOf(list({ MaxKeys: -1 }))).toBe('400 InvalidArgument');
    expect(await refusalOf(list({ ContinuationToken: 'nonsense' }))).toBe('400 InvalidArgument');
    expect(await refusalOf(list({ Bucket: 'no-such-bucket' }))).toBe('404 NoSuchBucket');
  });
});

describe('given any keys', () => {
  const key = fc.stringMatching(/^[ab/ü😀]{1,6}$/u);

  test('when they are listed in pages of any size, prefix and delimiter, all come once', () => {
    const property = fc.property(
      fc.uniqueArray(key, { maxLength: 30 }),
      fc.constantFrom('', 'a', 'a/', 'ü'),
      fc.constantFrom('', '/', 'b'),
      fc.integer({ min: 1, max: 5 }),
      (unsorted, prefix, delimiter, maxKeys) => {
        const keys = unsorted.sort(byBytes);
        const scan = (after: string, inclusive: boolean) =>
          keys
            .filter((it) => byBytes(it, after) > 0 || (inclusive && it === after))
            .map((it) => ({ key: it, size: 0, etag: '', modified: 0 }));
        const matching = keys.filter((it) => it.startsWith(prefix));
        const rolledUp = (it: string) => {
          const mark = delimiter === '' ? -1 : it.indexOf(delimiter, prefix.length);
          return mark < 0 ? it : it.slice(0, mark + delimiter.length);
        };
        const seen: string[] = [];
        for (let after = '', more = true; more; ) {
          const page = listKeys(scan, { prefix, delimiter, after, maxKeys });
          seen.push(...page.contents.map((it) => it.key), ...page.commonPrefixes);
          after = page.last;
          more = page.truncated;
        }
        expect(seen.sort(byBytes)).toEqual([...new Set(matching.map(rolledUp))].sort(byBytes));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
