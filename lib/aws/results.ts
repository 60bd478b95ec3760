import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as z from 'zod';

/** Results of more bytes than this as JSON go to S3: an item of the table holds 400 KB in all. */
export const MAX_INLINE_RESULT_BYTES = 300_000;

/** The bucket of results that are too large for the table; apart from the uploads, so that storing one triggers nothing. */
export type Results = ReturnType<typeof createResults>;

const storedResult = z.record(z.string(), z.unknown());

export function createResults(s3: S3Client, bucket: string) {
  return {
    async put(key: string, json: string): Promise<void> {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: json,
          ContentType: 'application/json',
        }),
      );
    },

    async read(key: string): Promise<Record<string, unknown>> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return storedResult.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    },

    async remove(key: string): Promise<void> {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}
