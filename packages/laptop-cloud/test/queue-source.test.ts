import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/cloud/database.ts';
import { createQueues, type Queues } from '../src/cloud/sqs/queues.ts';
import { fail, type InvocationResult } from '../src/lambda/protocol.ts';
import { type EventSource, startEventSource } from '../src/lambda/queue-source.ts';
import type { QueueSource } from '../src/template/deploy.ts';

const REGION = 'us-east-1';

interface QueueRecord {
  messageId: string;
  body: string;
  receiptHandle: string;
  attributes: Record<string, string>;
}

let folder: string;
let database: ReturnType<typeof openDatabase>;
let queues: Queues;
let source: EventSource | undefined;
const errors: unknown[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'laptop-cloud-source-'));
  database = openDatabase(folder);
  const endpoint = () => 'http://127.0.0.1:1';
  queues = createQueues(database, { endpoint, region: REGION, accountId: '000000000000' });
  queues.ensureQueue({ name: 'dead' });
  errors.length = 0;
});
afterEach(async () => {
  await source?.close();
  source = undefined;
  queues.close();
  database.close();
  rmSync(folder, { recursive: true });
  expect(errors).toEqual([]);
});

/** A queue whose messages go to `work`; what it returns is the function's result. */
function start(
  work: (records: QueueRecord[]) => unknown,
  options: Partial<QueueSource> & { visibilityTimeoutSeconds?: number } = {},
): string {
  const { visibilityTimeoutSeconds = 30, ...declared } = options;
  const redrive = { deadLetterQueueName: 'dead', maxReceiveCount: 2 };
  const { arn } = queues.ensureQueue({ name: 'work', visibilityTimeoutSeconds, redrive });
  source = startEventSource({
    queues,
    region: REGION,
    onError: (error) => errors.push(error),
    host: {
      async invoke(_name, event): Promise<InvocationResult> {
        const result = await work(JSON.parse(event).Records);
        if (result instanceof Error) return fail('error', 'Error', result.message);
        if (result === 'stopped') return fail('stopped', 'Host.Stopped', '');
        return { ok: true, payload: JSON.stringify(result ?? null) };
      },
    },
    source: {
      functionName: 'worker',
      queueArn: arn,
      enabled: true,
      batchSize: 10,
      maximumBatchingWindow: 0,
      functionResponseType: 'ReportBatchItemFailures',
      ...declared,
    },
  });
  return arn;
}

const send = (body: string) => queues.send('work', { body }).messageId;
const left = () => {
  const { visible, inFlight } = queues.count('work');
  return { visible, inFlight };
};
const settled = (expected: object) => expect.poll(left, { interval: 20 }).toEqual(expected);

describe('a queue’s poller', () => {
  test('hands messages over in Lambda’s shape, and deletes what the function has done', async () => {
    const events: unknown[] = [];
    const arn = start((records) => void events.push(...records));
    const messageId = send('{"a":1}');
    await settled({ visible: 0, inFlight: 0 });
    expect(events).toEqual([
      {
        messageId,
        receiptHandle: expect.any(String),
        body: '{"a":1}',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {},
        md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
        eventSource: 'aws:sqs',
        eventSourceARN: arn,
        awsRegion: REGION,
      },
    ]);
  });

  test('keeps only the messages that the function names as failed', async () => {
    let bad = '';
    const seen: string[] = [];
    start((records) => {
      seen.push(...records.map(({ body }) => body));
      const failed = records.filter(({ messageId }) => messageId === bad);
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    send('good');
    bad = send('bad');
    await settled({ visible: 0, inFlight: 1 });
    expect(seen.toSorted()).toEqual(['bad', 'good']);
  });

  test.each([
    ['an unknown id', { batchItemFailures: [{ itemIdentifier: 'nobody' }] }],
    ['an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['another shape', { batchItemFailures: 'all' }],
    ['an error', new Error('no')],
  ])('takes %s for the failure of the whole batch', async (_case, result) => {
    start(() => result);
    send('one');
    await settled({ visible: 0, inFlight: 1 });
  });

  test.each([
    ['nothing', null],
    ['no report', {}],
    ['an empty report', { batchItemFailures: [] }],
    ['a report of null', { batchItemFailures: null }],
  ])('takes %s for the success of the whole batch', async (_case, result) => {
    start(() => result);
    send('one');
    await settled({ visible: 0, inFlight: 0 });
  });

  test('brings a failed message again when its time is up, and at last to the dead-letter queue', async () => {
    const counts: (string | undefined)[] = [];
    start(
      ([record]) => {
        counts.push(record?.attributes.ApproximateReceiveCount);
        return new Error('always');
      },
      { visibilityTimeoutSeconds: 1 },
    );
    send('hopeless');
    await expect.poll(() => queues.count('dead').visible, { timeout: 20_000 }).toBe(1);
    expect(counts).toEqual(['1', '2']);
  });

  test('tells the queue what its function has sent back: a restart keeps that delay, and no other', async () => {
    const hanging = Promise.withResolvers<void>();
    const seen: string[] = [];
    start(
      async ([record]) => {
        seen.push(record?.body ?? '');
        if (record?.body === 'at work') await hanging.promise;
        if (record?.body !== 'sent back') return new Error('died');
        queues.changeVisibility('work', record.receiptHandle, 150);
        return { batchItemFailures: [{ itemIdentifier: record.messageId }] };
      },
      { batchSize: 1 },
    );
    for (const body of ['sent back', 'died', 'at work']) {
      send(body);
      await expect.poll(() => seen.at(-1)).toBe(body);
    }
    expect(queues.recoverInFlight()).toBe(2);
    hanging.resolve();
    expect(left().inFlight).toBeGreaterThanOrEqual(1);
  });

  test('runs no more batches at once than allowed, and no larger ones', async () => {
    let running = 0;
    let most = 0;
    const sizes: number[] = [];
    start(
      async (records) => {
        sizes.push(records.length);
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 30));
        running -= 1;
      },
      { batchSize: 2, maximumConcurrency: 3 },
    );
    for (let count = 0; count < 14; count++) send(String(count));
    await settled({ visible: 0, inFlight: 0 });
    expect(most).toBe(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(14);
  });

  test('puts back at once what the end of the host cut off', async () => {
    const started = Promise.withResolvers<void>();
    const cut = Promise.withResolvers<string>();
    start(() => {
      started.resolve();
      return cut.promise;
    });
    send('interrupted');
    await started.promise;
    const closed = source?.close();
    cut.resolve('stopped');
    await closed;
    expect(left()).toEqual({ visible: 1, inFlight: 0 });
  });
});
