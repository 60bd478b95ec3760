import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, refusalOf, type S3Fixture, startS3 } from './s3-fixture.ts';

const PART_BYTES = 5 * 1024 ** 2;
const FIRST = randomBytes(PART_BYTES);
const SECOND = randomBytes(1_000);

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.close());

const start = async (Key: string, more: object = {}) => {
  const command = new CreateMultipartUploadCommand({ Bucket: BUCKET, Key, ...more });
  const { UploadId } = await s3.client.send(command);
  return { Bucket: BUCKET, Key, UploadId };
};
type Upload = Awaited<ReturnType<typeof start>>;

const putPart = async (upload: Upload, PartNumber: number, Body: Uint8Array, more: object = {}) => {
  const answer = await s3.client.send(
    new UploadPartCommand({ ...upload, PartNumber, Body, ...more }),
  );
  const { ETag, ChecksumCRC32, ChecksumSHA256 } = answer;
  return { PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 };
};
const complete = (upload: Upload, Parts: CompletedPart[], more: object = {}) =>
  s3.client.send(
    new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }),
  );
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();

describe('given an upload in two parts', () => {
  test('when it is completed, the object is whole, with the ETag of its parts', async () => {
    const upload = await start('whole', { ContentType: 'video/mp4', Metadata: { a: 'b' } });
    const parts = [await putPart(upload, 2, SECOND), await putPart(upload, 1, FIRST)].reverse();
    const listed = await s3.client.send(new ListPartsCommand(upload));
    expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, PART_BYTES],
      [2, 1_000],
    ]);
    const { ETag } = await complete(upload, parts);
    const both = Buffer.concat([md5(FIRST), md5(SECOND)]);
    expect(ETag).toBe(`"${md5(both).toString('hex')}-2"`);
    const object = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'whole' }));
    const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.concat([FIRST, SECOND]))).toBe(true);
    expect(object).toMatchObject({ ContentType: 'video/mp4', Metadata: { a: 'b' } });
  });

  test('when a range over the seam is read, it is right', async () => {
    const Range = `bytes=${PART_BYTES - 2}-${PART_BYTES + 1}`;
    const command = new GetObjectCommand({ Bucket: BUCKET, Key: 'whole', Range });
    const bytes = await (await s3.client.send(command)).Body?.transformToByteArray();
    const expected = Buffer.concat([FIRST.subarray(-2), SECOND.subarray(0, 2)]);
    expect(Buffer.from(bytes ?? []).equals(expected)).toBe(true);
  });

  test('when its checksum is to be composite or of the whole, it is', async () => {
    const composite = await start('composite', { ChecksumAlgorithm: 'SHA256' });
    const more = { ChecksumAlgorithm: 'SHA256' };
    const first = await putPart(composite, 1, FIRST, more);
    const second = await putPart(composite, 2, SECOND, more);
    const sums = [first, second].map(({ ChecksumSHA256 = '' }) =>
      Buffer.from(ChecksumSHA256, 'base64'),
    );
    const expected = createHash('sha256').update(Buffer.concat(sums)).digest('base64');
    expect((await complete(composite, [first, second])).ChecksumSHA256).toBe(`${expected}-2`);

    const full = await start('full', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const parts = [await putPart(full, 1, FIRST), await putPart(full, 2, SECOND)];
    await complete(full, parts);
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: 'full', ChecksumMode: 'ENABLED' });
    const { ChecksumCRC32 = '', ChecksumType } = await s3.client.send(head);
    expect(Buffer.from(ChecksumCRC32, 'base64').readUInt32BE()).toBe(crc32(SECOND, crc32(FIRST)));
    expect(ChecksumType).toBe('FULL_OBJECT');
  });

  test('when the list of parts is wrong, it is refused, and can be completed after', async () => {
    const upload = await start('listed');
    const first = await putPart(upload, 1, FIRST);
    const second = await putPart(upload, 2, SECOND);
    const bad = { ...second, ETag: '"0"' };
    expect(await refusalOf(complete(upload, [second, first]))).toBe('400 InvalidPartOrder');
    expect(await refusalOf(complete(upload, [first, bad]))).toBe('400 InvalidPart');
    expect(await refusalOf(complete(upload, [{ ...first, PartNumber: 3 }]))).toBe(
      '400 InvalidPart',
    );
    expect(await refusalOf(complete(upload, []))).toBe('400 MalformedXML');
    const size = { MpuObjectSize: 5 };
    expect(await refusalOf(complete(upload, [first, second], size))).toBe('400 InvalidRequest');
    expect(await refusalOf(complete(upload, [first, second]))).toBe('none');
    expect(await refusalOf(complete(upload, [first, second]))).toBe('404 NoSuchUpload');
  });

  test('when a part before the last is under 5 MB, it is refused', async () => {
    const upload = await start('small');
    const parts = [await putPart(upload, 1, SECOND), await putPart(upload, 2, SECOND)];
    expect(await refusalOf(complete(upload, parts))).toBe('400 EntityTooSmall');
  });

  test('when parts are put again, left out or aborted, no file of theirs remains', async () => {
    const before = (await s3.bodyFiles()).length;
    const upload = await start('kept');
    await putPart(upload, 1, FIRST);
    const part = await putPart(upload, 1, SECOND);
    await putPart(upload, 2, SECOND);
    await complete(upload, [part]);
    expect(await s3.bodyFiles()).toHaveLength(before + 1);
    const aborted = await start('aborted');
    await putPart(aborted, 1, SECOND);
    await s3.client.send(new AbortMultipartUploadCommand(aborted));
    expect(await s3.bodyFiles()).toHaveLength(before + 1);
    expect(await refusalOf(putPart(aborted, 2, SECOND))).toBe('404 NoSuchUpload');
    expect(await s3.bodyFiles()).toHaveLength(before + 1);
  });

  test('when uploads are listed, those under way are there', async () => {
    const upload = await start('under way/ü +');
    const command = new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: 'under way/' });
    const { Uploads } = await s3.client.send(command);
    expect(Uploads?.map(({ Key, UploadId }) => ({ Key, UploadId }))).toEqual([
      { Key: upload.Key, UploadId: upload.UploadId },
    ]);
  });

  test('when parts are copied from an object, whole or by range, they count', async () => {
    const upload = await start('copied');
    const copy = async (PartNumber: number, CopySourceRange: string) => {
      const more = { PartNumber, CopySource: `${BUCKET}/whole`, CopySourceRange };
      const answer = await s3.client.send(new UploadPartCopyCommand({ ...upload, ...more }));
      return { PartNumber, ETag: answer.CopyPartResult?.ETag };
    };
    const parts = [await copy(1, `bytes=0-${PART_BYTES - 1}`), await copy(2, 'bytes=10-19')];
    expect(parts[0]?.ETag).toBe(`"${md5(FIRST).toString('hex')}"`);
    await complete(upload, parts);
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: 'copied' });
    expect((await s3.client.send(head)).ContentLength).toBe(PART_BYTES + 10);
    const other = await start('copied too far');
    const tooFar = { ...other, PartNumber: 1, CopySource: `${BUCKET}/copied` };
    const CopySourceRange = `bytes=0-${PART_BYTES + 10}`;
    const command = new UploadPartCopyCommand({ ...tooFar, CopySourceRange });
    expect(await refusalOf(s3.client.send(command))).toBe('400 InvalidArgument');
  });

  test('when a part is put by a presigned address, it counts', async () => {
    const upload = await start('presigned');
    const presigner = s3.connect({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = await getSignedUrl(presigner, new UploadPartCommand({ ...upload, PartNumber: 1 }));
    const answer = await fetch(url, { method: 'PUT', body: SECOND });
    const part = { PartNumber: 1, ETag: answer.headers.get('etag') ?? '' };
    expect(await refusalOf(complete(upload, [part]))).toBe('none');
    const swapped = url.replace('partNumber=1', 'partNumber=2');
    expect((await fetch(swapped, { method: 'PUT', body: SECOND })).status).toBe(403);
  });
});
