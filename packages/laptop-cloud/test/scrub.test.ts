import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Service, startService } from '../../../test/support/service.ts';

// What is deleted is gone from the files of the laptop's cloud, soon after.

const PATIENCE = { timeout: 15_000, interval: 200 };
let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.stop());

/** The files that hold the text. */
function findHolders(text: string, folder = service.dataDir): string[] {
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
    service.table.put({ TableName: service.tableName, Item: { pk, ...more } });
  const key = (pk: string) => ({ TableName: service.tableName, Key: { pk } });

  test('an item goes with all its earlier states, and its rows in the indexes', async () => {
    await put('analysis#kept', { id: 'kept', clientId: 'me', metadata: 'to-stay' });
    await put('analysis#1', { id: '1', clientId: 'me', metadata: 'to-be-deleted' });
    for (let times = 0; times < 3; times += 1) {
      const change = { UpdateExpression: 'SET #n = :n', ExpressionAttributeNames: { '#n': 'n' } };
      const ExpressionAttributeValues = { ':n': times };
      const update = { ...key('analysis#1'), ...change, ExpressionAttributeValues };
      await service.table.update(update);
    }
    expect(findHolders('to-be-deleted')).not.toEqual([]);
    await service.table.delete(key('analysis#1'));
    await expectGone('to-be-deleted');
    expect(findHolders('to-stay')).not.toEqual([]);
  });

  test('an item that another takes the place of goes, too, however old its file is', async () => {
    await put('analysis#1', { id: '1', clientId: 'me', metadata: 'to-be-replaced' });
    for (let index = 0; index < 40; index += 1)
      await put(`analysis#x${index}`, { id: `x${index}`, clientId: 'me', text: noise(200_000) });
    await put('analysis#1', { status: 'deleted' });
    await expectGone('to-be-replaced');
  });

  test('what was deleted right before the end is gone after it', async () => {
    await put('analysis#1', { id: '1', clientId: 'me', metadata: 'to-be-deleted' });
    await service.table.delete(key('analysis#1'));
    await service.cloud.tables.close();
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
  const s3 = new S3Client({});
  const target = { Bucket: service.uploadBucket, Key: 'drop/name-of-the-deleted.jpg' };
  await s3.send(new PutObjectCommand({ ...target, Body: 'bytes-of-the-deleted' }));
  expect(findHolders('bytes-of-the-deleted')).not.toEqual([]);
  await s3.send(new DeleteObjectCommand(target));
  service.cloud.queues.purge(service.played.refOf('UploadQueue').split('/').at(-1) ?? '');
  await expectGone('bytes-of-the-deleted');
  await expectGone('name-of-the-deleted');
});

test('of a queue, a message goes with its body', async () => {
  const sqs = new SQSClient({});
  const QueueUrl = service.played.refOf('UploadDeadLetterQueue');
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'body-of-the-deleted' }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  const ReceiptHandle = Messages[0]?.ReceiptHandle;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  await expectGone('body-of-the-deleted');
});
