import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type S3Fixture, startS3 } from './s3-fixture.ts';

const BUCKET = 'watched';
const NOTIFICATION = { queueName: 'events', prefix: 'drop/', events: ['s3:ObjectCreated:*'] };

const messageSchema = z.object({
  Records: z.array(
    z.looseObject({
      eventName: z.string(),
      s3: z.looseObject({
        object: z.looseObject({
          key: z.string(),
          size: z.number().optional(),
          eTag: z.string().optional(),
          sequencer: z.string(),
        }),
      }),
    }),
  ),
});

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
  s3.cloud.queues.ensureQueue({ name: 'events' });
  s3.cloud.queues.ensureQueue({ name: 'removals' });
});
afterAll(() => s3.close());

async function takeBodies(queue = 'events'): Promise<unknown[]> {
  const messages = await s3.cloud.queues.receive(queue, { max: 10, waitSeconds: 0 });
  for (const { receiptHandle } of messages) s3.cloud.queues.delete(queue, receiptHandle);
  return messages.map(({ body }) => JSON.parse(body));
}

async function takeRecords(queue = 'events') {
  const bodies = await takeBodies(queue);
  return bodies.flatMap((body) => messageSchema.parse(body).Records);
}

const put = (Key: string, Body: string | Uint8Array = 'x') =>
  s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

describe('given a bucket that is told to notify a queue', () => {
  test('when that is new, one s3:TestEvent greets the queue; when it is said again, none', async () => {
    const options = { name: BUCKET, notifications: [NOTIFICATION] };
    s3.cloud.buckets.ensureBucket(options);
    s3.cloud.buckets.ensureBucket(options);
    expect(await takeBodies()).toEqual([
      {
        Service: 'Amazon S3',
        Event: 's3:TestEvent',
        Time: expect.stringMatching(/Z$/),
        Bucket: BUCKET,
        RequestId: expect.any(String),
        HostId: expect.any(String),
      },
    ]);
  });

  test('when its configuration is read, it is shown as S3 shows it', async () => {
    const command = new GetBucketNotificationConfigurationCommand({ Bucket: BUCKET });
    const { QueueConfigurations } = await s3.client.send(command);
    expect(QueueConfigurations).toMatchObject([
      {
        QueueArn: 'arn:aws:sqs:us-east-1:000000000000:events',
        Events: ['s3:ObjectCreated:*'],
        Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'drop/' }] } },
      },
    ]);
  });
});

describe('given a bucket that notifies a queue', () => {
  beforeAll(() => s3.cloud.buckets.ensureBucket({ name: BUCKET, notifications: [NOTIFICATION] }));
  beforeEach(() => takeBodies());

  test('when an object is put, the message is S3’s event, version 2.1', async () => {
    const { ETag } = await put('drop/a.png', 'four');
    expect(await takeBodies()).toEqual([
      {
        Records: [
          {
            eventVersion: '2.1',
            eventSource: 'aws:s3',
            awsRegion: 'us-east-1',
            eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
            eventName: 'ObjectCreated:Put',
            userIdentity: { principalId: 'AWS:000000000000' },
            requestParameters: { sourceIPAddress: '127.0.0.1' },
            responseElements: {
              'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
              'x-amz-id-2': expect.any(String),
            },
            s3: {
              s3SchemaVersion: '1.0',
              configurationId: expect.any(String),
              bucket: {
                name: BUCKET,
                ownerIdentity: { principalId: 'AWS:000000000000' },
                arn: `arn:aws:s3:::${BUCKET}`,
              },
              object: {
                key: 'drop/a.png',
                size: 4,
                eTag: ETag?.replaceAll('"', ''),
                sequencer: expect.stringMatching(/^[0-9A-F]{16,}$/),
              },
            },
          },
        ],
      },
    ]);
  });

  test.each([
    ['drop/a b+c.txt', 'drop/a+b%2Bc.txt'],
    ['drop/100%.txt', 'drop/100%25.txt'],
    ['drop/a%2Fb', 'drop/a%252Fb'],
    [`drop/"it's"`, 'drop/%22it%27s%22'],
    ['drop/grüße/😀', 'drop/gr%C3%BC%C3%9Fe/%F0%9F%98%80'],
    ['drop/a*b~c_d-e.f(1)!', 'drop/a*b%7Ec_d-e.f%281%29%21'],
  ])('when the key is %s, the event holds %s', async (key, encoded) => {
    await put(key);
    const [record] = await takeRecords();
    expect(record?.s3.object.key).toBe(encoded);
    expect(decodeURIComponent(encoded.replaceAll('+', ' '))).toBe(key);
  });

  test('when the key is put outside of the prefix, or refused, there is no event', async () => {
    await put('elsewhere/a.png');
    await put('drop/refused', 'x').then(() => takeRecords());
    const command = new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'drop/refused',
      Body: 'y',
      IfNoneMatch: '*',
    });
    await expect(s3.client.send(command)).rejects.toThrow();
    expect(await takeRecords()).toEqual([]);
  });

  test('when it comes by copy, form or parts, the event says so', async () => {
    await put('elsewhere/source');
    const CopySource = `${BUCKET}/elsewhere/source`;
    await s3.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'drop/copy', CopySource }));
    const { url, fields } = await createPresignedPost(s3.client, {
      Bucket: BUCKET,
      Key: 'drop/form',
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob(['x']));
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
    const upload = { Bucket: BUCKET, Key: 'drop/parts' };
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(upload));
    const part = { ...upload, UploadId, PartNumber: 1, Body: randomBytes(10) };
    const { ETag } = await s3.client.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.client.send(
      new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }),
    );
    const names = (await takeRecords()).map(({ eventName }) => eventName);
    expect(names.sort()).toEqual([
      'ObjectCreated:CompleteMultipartUpload',
      'ObjectCreated:Copy',
      'ObjectCreated:Post',
    ]);
  });

  test('when the same key is written many times at once, each event has a sequencer of its own, growing', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => put('drop/same', `${n}`)),
    );
    const records = await takeRecords();
    const sequencers = records.map(({ s3: { object } }) => object.sequencer);
    expect(new Set(sequencers).size).toBe(answers.length);
    const last = records.toSorted((a, b) =>
      a.s3.object.sequencer < b.s3.object.sequencer ? -1 : 1,
    );
    const { ETag } = await s3.client
      .send(
        new CopyObjectCommand({ Bucket: BUCKET, Key: 'other', CopySource: `${BUCKET}/drop/same` }),
      )
      .then(({ CopyObjectResult }) => CopyObjectResult ?? {});
    expect(last.at(-1)?.s3.object.eTag).toBe(ETag?.replaceAll('"', ''));
  });
});

describe('given a bucket that notifies of removals', () => {
  test('when an object is deleted, the event names it; when there was none, there is none', async () => {
    const notifications = [
      { queueName: 'removals', suffix: '.png', events: ['s3:ObjectRemoved:*'] },
    ];
    s3.cloud.buckets.ensureBucket({ name: 'removed', notifications });
    await takeBodies('removals');
    const object = { Bucket: 'removed', Key: 'a.png' };
    await s3.client.send(new PutObjectCommand({ ...object, Body: 'x' }));
    await s3.client.send(new DeleteObjectCommand(object));
    await s3.client.send(new DeleteObjectCommand(object));
    const records = await takeRecords('removals');
    expect(records.map(({ eventName }) => eventName)).toEqual(['ObjectRemoved:Delete']);
    expect(records[0]?.s3.object.key).toBe('a.png');
  });
});
