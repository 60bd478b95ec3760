import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUCKET, CREDENTIALS, type S3Fixture, startS3 } from './s3-fixture.ts';

// What is deleted is gone from the files of the laptop's cloud, soon after.

const PATIENCE = { timeout: 15_000, interval: 200 };
const TableName = 'things';

let s3: S3Fixture;
let table: DynamoDBDocumentClient;
let sqs: SQSClient;

beforeEach(async () => {
  s3 = await startS3();
  const { endpoint, region, tables } = s3.cloud;
  const connection = { endpoint, region, credentials: CREDENTIALS };
  table = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  sqs = new SQSClient(connection);
  await tables.ensureTable({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'owner'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S' as const,
    })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byOwner',
        KeySchema: [
          { AttributeName: 'owner', KeyType: 'HASH' },
          { AttributeName: 'pk', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
});
afterEach(async () => {
  table.destroy();
  sqs.destroy();
  await s3.close();
});

/** The files that hold the text. */
function findHolders(text: string, folder = s3.dataDir): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}
async function expectGone(text: string) {
  await expect.poll(() => findHolders(text), PATIENCE).toEqual([]);
}

describe('of a table', () => {
  const put = (pk: string, more: object) =>
    table.send(new PutCommand({ TableName, Item: { pk, owner: 'me', ...more } }));
  const remove = (pk: string) => table.send(new DeleteCommand({ TableName, Key: { pk } }));

  test('an item goes with all its earlier states, and its rows in the indexes', async () => {
    await put('kept', { metadata: 'to-stay' });
    await put('1', { metadata: 'to-be-deleted' });
    for (let times = 0; times < 3; times += 1) {
      const change = { UpdateExpression: 'SET #n = :n', ExpressionAttributeNames: { '#n': 'n' } };
      const ExpressionAttributeValues = { ':n': times };
      const update = { TableName, Key: { pk: '1' }, ...change, ExpressionAttributeValues };
      await table.send(new UpdateCommand(update));
    }
    expect(findHolders('to-be-deleted')).not.toEqual([]);
    await remove('1');
    await expectGone('to-be-deleted');
    expect(findHolders('to-stay')).not.toEqual([]);
  });

  test('an item that another without its index rows replaces goes, too, however old its file is', async () => {
    await put('1', { metadata: 'to-be-replaced' });
    for (let index = 0; index < 40; index += 1) await put(`x${index}`, { text: noise(200_000) });
    await table.send(new PutCommand({ TableName, Item: { pk: '1', state: 'deleted' } }));
    await expectGone('to-be-replaced');
  });

  test('what was deleted right before the end is gone after it', async () => {
    await put('1', { metadata: 'to-be-deleted' });
    await remove('1');
    await s3.cloud.tables.close();
    expect(findHolders('to-be-deleted')).toEqual([]);
  });
});

/** Hardly to be compressed: so that LevelDB has to write many files. */
function noise(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text;
}

test('of a bucket, an object goes with its name', async () => {
  s3.cloud.queues.ensureQueue({ name: 'events' });
  const notifications = [{ queueName: 'events', events: ['s3:ObjectCreated:*'] }];
  s3.cloud.buckets.ensureBucket({ name: BUCKET, notifications });
  const target = { Bucket: BUCKET, Key: 'name-of-the-deleted.jpg' };
  await s3.client.send(new PutObjectCommand({ ...target, Body: 'bytes-of-the-deleted' }));
  expect(findHolders('bytes-of-the-deleted')).not.toEqual([]);
  await s3.client.send(new DeleteObjectCommand(target));
  s3.cloud.queues.purge('events');
  await expectGone('bytes-of-the-deleted');
  await expectGone('name-of-the-deleted');
});

test('of a queue, a message goes with its body', async () => {
  const { url: QueueUrl } = s3.cloud.queues.ensureQueue({ name: 'work' });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'body-of-the-deleted' }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  const ReceiptHandle = Messages[0]?.ReceiptHandle;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  await expectGone('body-of-the-deleted');
});
