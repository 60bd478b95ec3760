import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/cloud/database.ts';
import { createQueues, type Queues } from '../src/cloud/sqs/queues.ts';
import { createSqsService } from '../src/cloud/sqs/service.ts';
import { SDK_OPTIONS, type ServedService, serveService } from './serve-service.ts';

const OPTIONS = { region: 'us-east-1', accountId: '000000000000' };
const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

let queues: Queues;
let served: ServedService;
let client: SQSClient;
let QueueUrl: string;

beforeEach(async () => {
  queues = createQueues(new DatabaseSync(':memory:'), {
    ...OPTIONS,
    endpoint: () => served.endpoint,
  });
  served = await serveService(createSqsService(queues));
  client = new SQSClient({ ...SDK_OPTIONS, endpoint: served.endpoint });
  QueueUrl = queues.ensureQueue({ name: 'work' }).url;
});

afterEach(async () => {
  client.destroy();
  queues.close();
  await served.close();
});

async function receive(
  options: Partial<ConstructorParameters<typeof ReceiveMessageCommand>[0]> = {},
) {
  const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...options });
  return (await client.send(command)).Messages ?? [];
}

const refused = (sent: Promise<unknown>, name: string) =>
  expect(sent).rejects.toMatchObject({ name });

describe('the SDK', () => {
  test('sends, receives and deletes a message, attributes and digests included', async () => {
    const MessageAttributes = {
      trace: { DataType: 'String', StringValue: 'é' },
      size: { DataType: 'Number', StringValue: '3' },
      'own.raw': { DataType: 'Binary.png', BinaryValue: Uint8Array.of(1, 2, 255) },
    };
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageAttributes }),
    );
    const [message] = await receive({
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'hello',
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes,
      Attributes: { ApproximateReceiveCount: '1' },
    });
    const { ReceiptHandle = '' } = message ?? {};
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect(queues.count('work')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('sees only the attributes that it asks for', async () => {
    const value = { DataType: 'String', StringValue: 'x' };
    const MessageAttributes = { 'own.a': value, 'own.b': value, other: value };
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageAttributes }),
    );
    const see = async (MessageAttributeNames: string[]) => {
      const [message] = await receive({ VisibilityTimeout: 0, MessageAttributeNames });
      return Object.keys(message?.MessageAttributes ?? {}).sort();
    };
    expect(await see([])).toEqual([]);
    expect(await see(['other'])).toEqual(['other']);
    expect(await see(['own.*'])).toEqual(['own.a', 'own.b']);
  });

  test('batches: each entry succeeds or fails by itself', async () => {
    const { Successful, Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', MessageBody: 'hello' },
          { Id: 'bad', MessageBody: '\u0001' },
        ],
      }),
    );
    expect(Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(Failed).toMatchObject([
      { Id: 'bad', SenderFault: true, Code: 'InvalidMessageContents' },
    ]);
    const [message] = await receive();
    const removed = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'real', ReceiptHandle: message?.ReceiptHandle },
          { Id: 'junk', ReceiptHandle: 'junk' },
        ],
      }),
    );
    expect(removed.Successful?.map(({ Id }) => Id)).toEqual(['real']);
    expect(removed.Failed).toMatchObject([{ Id: 'junk', Code: 'ReceiptHandleIsInvalid' }]);
  });

  test('waits for a message, and hangs up without taking it', async () => {
    const poll = receive({ WaitTimeSeconds: 10 });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const [message] = await poll;
    expect(message?.Body).toBe('hello');
    const controller = new AbortController();
    const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 });
    const dropped = client.send(command, { abortSignal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(dropped).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 100)); // the server sees the closed connection
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'next' }));
    expect((await receive()).map(({ Body }) => Body)).toEqual(['next']);
  });

  test('creates queues with a dead-letter queue, lists and describes them', async () => {
    await client.send(new CreateQueueCommand({ QueueName: 'dead' }));
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: arnOf('dead'),
      maxReceiveCount: 1,
    });
    const created = await client.send(
      new CreateQueueCommand({
        QueueName: 'jobs',
        Attributes: { RedrivePolicy, VisibilityTimeout: '7' },
      }),
    );
    expect(created.QueueUrl).toBe(`${served.endpoint}/000000000000/jobs`);
    const jobs = created.QueueUrl ?? '';
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: jobs, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      QueueArn: arnOf('jobs'),
      VisibilityTimeout: '7',
      ApproximateNumberOfMessages: '0',
      RedrivePolicy,
    });
    const dead = `${served.endpoint}/000000000000/dead`;
    const { queueUrls } = await client.send(
      new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }),
    );
    expect(queueUrls).toEqual([jobs]);
    const { QueueUrls } = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'jo' }));
    expect(QueueUrls).toEqual([jobs]);
    await client.send(
      new SetQueueAttributesCommand({ QueueUrl: jobs, Attributes: { RedrivePolicy: '' } }),
    );
    expect(queues.find('jobs')).not.toHaveProperty('redrive');
    expect(queues.find('jobs')?.visibilityTimeoutSeconds).toBe(7);
  });

  test('redrives a dead-letter queue to its source', async () => {
    queues.ensureQueue({ name: 'dead' });
    const redrive = { deadLetterQueueName: 'dead', maxReceiveCount: 1 };
    queues.ensureQueue({ name: 'work', redrive });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));
    const [message] = await receive();
    const { ReceiptHandle = '' } = message ?? {};
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect(await receive()).toEqual([]);
    expect(queues.count('dead').visible).toBe(1);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf('dead') }));
    expect((await receive()).map(({ Body }) => Body)).toEqual(['poison']);
  });

  test('purges and deletes', async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    expect(queues.count('work').visible).toBe(0);
    await client.send(new DeleteQueueCommand({ QueueUrl }));
    await refused(
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' })),
      'QueueDoesNotExist',
    );
  });

  test('gets the errors that SQS has for it', async () => {
    await refused(
      client.send(new GetQueueUrlCommand({ QueueName: 'nowhere' })),
      'QueueDoesNotExist',
    );
    await refused(
      client.send(
        new CreateQueueCommand({ QueueName: 'work', Attributes: { VisibilityTimeout: '31' } }),
      ),
      'QueueNameExists',
    );
    await refused(
      client.send(
        new CreateQueueCommand({ QueueName: 'x.fifo', Attributes: { FifoQueue: 'true' } }),
      ),
      'UnsupportedOperation',
    );
    const Attributes: Record<string, string> = { Nonsense: '1' };
    await refused(
      client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes })),
      'InvalidAttributeName',
    );
    await refused(
      client.send(
        new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'y' }),
      ),
      'UnsupportedOperation',
    );
    await refused(
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })),
      'EmptyBatchRequest',
    );
    const Entries = Array.from({ length: 11 }, (_, Id) => ({ Id: String(Id), MessageBody: 'x' }));
    await refused(
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
      'TooManyEntriesInBatchRequest',
    );
    const half = 'x'.repeat(600_000);
    const large = ['a', 'b'].map((Id) => ({ Id, MessageBody: half }));
    await refused(
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries: large })),
      'BatchRequestTooLong',
    );
    const same = [1, 2].map(() => ({ Id: 'a', MessageBody: 'x' }));
    await refused(
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries: same })),
      'BatchEntryIdsNotDistinct',
    );
    await expect(client.send(new ListQueueTagsCommand({ QueueUrl }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});

describe('the older Query protocol', () => {
  const parser = new XMLParser({
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    isArray: (name) => ['Message', 'Attribute', 'QueueUrl'].includes(name),
  });

  async function call(parameters: Record<string, string>, path = '/') {
    const response = await fetch(served.endpoint + path, {
      method: 'POST',
      body: new URLSearchParams({ Version: '2012-11-05', ...parameters }),
    });
    return { status: response.status, ...parser.parse(await response.text()) };
  }

  test('creates a queue with attributes and finds it', async () => {
    await call({
      Action: 'CreateQueue',
      QueueName: 'old',
      'Attribute.1.Name': 'VisibilityTimeout',
      'Attribute.1.Value': '7',
    });
    const { GetQueueUrlResponse } = await call({ Action: 'GetQueueUrl', QueueName: 'old' });
    expect(GetQueueUrlResponse.GetQueueUrlResult.QueueUrl).toEqual([
      `${served.endpoint}/000000000000/old`,
    ]);
    expect(queues.find('old')?.visibilityTimeoutSeconds).toBe(7);
  });

  test('any body comes back as it was sent, by the URL of the queue', async () => {
    const letters = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text));
    const body = fc.oneof(letters, fc.constantFrom('a\r\nb\r', '<a b="c">&amp;</a>', ' x ', ']]>'));
    await fc.assert(
      fc.asyncProperty(body, async (MessageBody) => {
        await call({ Action: 'SendMessage', MessageBody }, '/000000000000/work');
        const { ReceiveMessageResponse } = await call({ Action: 'ReceiveMessage', QueueUrl });
        const [message] = ReceiveMessageResponse.ReceiveMessageResult.Message;
        expect(message.Body).toBe(MessageBody);
        const { ReceiptHandle } = message;
        await call({ Action: 'DeleteMessage', QueueUrl, ReceiptHandle });
      }),
      { numRuns: 40 },
    );
    expect(queues.count('work')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('an empty receive still has its result element', async () => {
    const { ReceiveMessageResponse } = await call({ Action: 'ReceiveMessage', QueueUrl });
    expect(ReceiveMessageResponse).toHaveProperty('ReceiveMessageResult');
  });

  test('batches and attributes are numbered parameters', async () => {
    const prefix = 'SendMessageBatchRequestEntry';
    await call({
      Action: 'SendMessageBatch',
      QueueUrl,
      [`${prefix}.1.Id`]: 'a',
      [`${prefix}.1.MessageBody`]: 'first',
      [`${prefix}.1.MessageAttribute.1.Name`]: 'kind',
      [`${prefix}.1.MessageAttribute.1.Value.DataType`]: 'String',
      [`${prefix}.1.MessageAttribute.1.Value.StringValue`]: 'test',
      [`${prefix}.2.Id`]: 'b',
      [`${prefix}.2.MessageBody`]: 'second',
    });
    const messages = await receive({ MessageAttributeNames: ['All'] });
    expect(messages.map(({ Body }) => Body)).toEqual(['first', 'second']);
    expect(messages[0]?.MessageAttributes?.kind?.StringValue).toBe('test');
  });

  test('an odd path or an endless name is the caller’s fault', async () => {
    expect((await call({ Action: 'ListQueues' }, '//')).status).toBe(400);
    const endless = await call({ Action: 'ListQueues', [`${'a.'.repeat(50_000)}b`]: '1' });
    expect(endless).toMatchObject({
      status: 400,
      ErrorResponse: { Error: { Code: 'MalformedInput', Type: 'Sender' } },
    });
  });

  test('errors have the codes of that protocol', async () => {
    const missing = await call({ Action: 'GetQueueUrl', QueueName: 'nowhere' });
    expect(missing).toMatchObject({
      status: 400,
      ErrorResponse: { Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' } },
    });
    const unknown = await call({ Action: 'ListQueueTags', QueueUrl });
    expect(unknown).toMatchObject({
      status: 400,
      ErrorResponse: { Error: { Code: 'InvalidAction' } },
    });
  });
});

test('when the process is killed, then every acknowledged message is there after it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'laptop-cloud-queue-'));
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'send-forever.ts'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 50) child.kill('SIGKILL');
    }
    if (child.signalCode === null) await once(child, 'exit');
    const reopened = createQueues(openDatabase(dataDir), { ...OPTIONS, endpoint: () => '' });
    reopened.recoverInFlight();
    const found = new Set<string>();
    for (;;) {
      const messages = await reopened.receive('work', { max: 10, waitSeconds: 0 });
      if (messages.length === 0) break;
      for (const { messageId, attributes } of messages) {
        expect(attributes.ApproximateReceiveCount).toBe('1');
        found.add(messageId);
      }
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(50);
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
