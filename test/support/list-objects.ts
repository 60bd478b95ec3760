import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

interface Listed {
  Bucket: string;
  Key: string;
  Size: number;
}

/** Every object of a bucket. */
export async function listAll(client: S3Client, Bucket: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket }))
    for (const { Key = '', Size = 0 } of Contents) found.push({ Bucket, Key, Size });
  return found;
}
