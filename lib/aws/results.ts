import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { describeKept } from './kept-days.ts';

/** Results of more bytes than this as JSON go to S3: an item of the table holds 400 KB in all. */
export const MAX_INLINE_RESULT_BYTES = 300_000;

/** The bucket of results that are too large for the table; apart from the uploads, so that storing one triggers nothing. */
export type Results = ReturnType<typeof createResults>;

const storedResult = z.record(z.string(), z.unknown());

export function createResults(s3: S3Client, bucket: string) {
  async function put(key: string, json: string, keptDays?: number): Promise<void> {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: json,
        ContentType: 'application/json',
        ...describeKept(keptDays),
      }),
    );
  }

  async function readText(key: string): Promise<string> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  return {
    put,

    async read(key: string): Promise<Record<string, unknown>> {
      return storedResult.parse(JSON.parse(await readText(key)));
    },

    async copy(from: string, to: string, keptDays?: number): Promise<void> {
      await put(to, await readText(from), keptDays);
    },

    async remove(key: string): Promise<void> {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}
