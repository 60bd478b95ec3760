import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Event, SQSBatchResponse, SQSEvent } from 'aws-lambda';

const s3 = new S3Client({});
const dynamodb = new DynamoDBClient({});

/** Counts the words of every file that S3 announces; a file that cannot be counted comes again. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures = [];
  for (const { body, messageId } of event.Records) {
    try {
      const { Records = [] }: Partial<S3Event> = JSON.parse(body); // S3's test event has none
      for (const { s3: stored } of Records) await countWords(stored);
    } catch (error) {
      console.error(error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

async function countWords({ bucket, object }: S3Event['Records'][number]['s3']): Promise<void> {
  const Key = decodeURIComponent(object.key.replaceAll('+', ' '));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
  const words = (await Body?.transformToString())?.match(/\S+/g)?.length ?? 0;
  const Item = { file: { S: Key }, words: { N: String(words) } };
  await dynamodb.send(new PutItemCommand({ TableName: process.env.TABLE_NAME, Item }));
}
