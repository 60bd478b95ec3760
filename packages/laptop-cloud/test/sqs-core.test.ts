import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, test } from 'vitest';
import { inTransaction } from '../src/cloud/database.ts';
import type { ReceivedMessage } from '../src/cloud/sqs/message.ts';
import { createQueues, type Queues } from '../src/cloud/sqs/queues.ts';

const START_MS = 1_800_000_000_000;
const HOUR_SECONDS = 3_600;

let database: DatabaseSync;
let queues: Queues;
let clock: number;
/** Milliseconds that pass with each look at the clock. */
let tick: number;

function open(): Queues {
  return createQueues(database, {
    endpoint: () => 'http://127.0.0.1:4566',
    region: 'us-east-1',
    accountId: '000000000000',
    now: () => {
      clock += tick;
      return clock;
    },
  });
}

const pass = (seconds: number) => {
  clock += seconds * 1000;
};

async function receive(name = 'work', visibilityTimeoutSeconds = 30): Promise<ReceivedMessage[]> {
  return queues.receive(name, { max: 10, waitSeconds: 0, visibilityTimeoutSeconds });
}

async function receiveOne(visibilityTimeoutSeconds = 30): Promise<ReceivedMessage> {
  const [message] = await receive('work', visibilityTimeoutSeconds);
  if (!message) throw new Error('nothing was there');
  return message;
}

beforeEach(() => {
  database = new DatabaseSync(':memory:');
  clock = START_MS;
  tick = 0;
  queues = open();
  queues.ensureQueue({ name: 'dead' });
  queues.ensureQueue({
    name: 'work',
    redrive: { deadLetterQueueName: 'dead', maxReceiveCount: 2 },
  });
});

test.each([1, 2, 3, 4, 5, 6])(
  'a message that comes into sight %i ms after the wait began is not slept through',
  async (left) => {
    queues.send('work', { body: 'late', delaySeconds: 1 });
    clock += 1_000 - left;
    tick = 1; // so that it comes into sight between two looks, too
    expect(await queues.receive('work', { max: 1, waitSeconds: 1 })).toHaveLength(1);
  },
);

describe('a fair queue', () => {
  const bodies = async (max: number) =>
    (await queues.receive('work', { max, waitSeconds: 0 })).map(({ body }) => body);

  test('hands out first what is of a tenant with less in flight, else in the order it came', async () => {
    for (const body of ['a1', 'a2', 'a3', 'a4']) queues.send('work', { body, tenant: 'a' });
    expect(await bodies(2)).toEqual(['a1', 'a2']);
    queues.send('work', { body: 'b1', tenant: 'b' });
    queues.send('work', { body: "nobody's" });
    expect(await bodies(1)).toEqual(['b1']);
    expect(await bodies(3)).toEqual(["nobody's", 'a3', 'a4']);
  });

  test('says whose a message is', async () => {
    queues.send('work', { body: 'hello', tenant: 'a' });
    expect((await receiveOne()).attributes).toMatchObject({ MessageGroupId: 'a' });
  });
});

describe('visibility', () => {
  test('a received message is out of sight until its time-out, then it comes again with a higher count', async () => {
    const { messageId } = queues.send('work', { body: 'hello' });
    const first = await receiveOne();
    expect(first.attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      SentTimestamp: String(START_MS),
      ApproximateFirstReceiveTimestamp: String(START_MS),
    });
    pass(29);
    expect(await receive()).toEqual([]);
    expect(queues.count('work')).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    pass(1);
    const second = await receiveOne();
    expect(second).toMatchObject({ messageId, body: 'hello' });
    expect(second.attributes.ApproximateReceiveCount).toBe('2');
    expect(second.receiptHandle).not.toBe(first.receiptHandle);
  });

  test('when a later receive has it, then the old handle neither deletes nor extends', async () => {
    queues.send('work', { body: 'hello' });
    const first = await receiveOne(1);
    pass(1);
    const second = await receiveOne();
    queues.delete('work', first.receiptHandle);
    expect(() => queues.changeVisibility('work', first.receiptHandle, 60)).toThrow(/not available/);
    expect(queues.count('work').inFlight).toBe(1);
    queues.delete('work', second.receiptHandle);
    expect(queues.count('work')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('it can be extended, but not beyond 12 hours from the receive', async () => {
    queues.send('work', { body: 'hello' });
    const { receiptHandle } = await receiveOne();
    pass(20);
    queues.changeVisibility('work', receiptHandle, 11 * HOUR_SECONDS);
    pass(2 * HOUR_SECONDS);
    expect(await receive()).toEqual([]);
    expect(() => queues.changeVisibility('work', receiptHandle, 11 * HOUR_SECONDS)).toThrow(
      /43200/,
    );
    queues.changeVisibility('work', receiptHandle, 0);
    expect(() => queues.changeVisibility('work', receiptHandle, 10)).toThrow(/not in flight/);
    expect(await receive()).toHaveLength(1);
  });

  test('a delayed message stays out of sight for its delay', async () => {
    queues.send('work', { body: 'later', delaySeconds: 900 });
    pass(899);
    expect(await receive()).toEqual([]);
    expect(queues.count('work').delayed).toBe(1);
    pass(1);
    expect(await receive()).toHaveLength(1);
  });

  test('with a time-out of nothing one receive gives a message once', async () => {
    queues.send('work', { body: 'hello' });
    expect(await receive('work', 0)).toHaveLength(1);
  });
});

describe('the dead-letter queue', () => {
  async function exhaust(): Promise<void> {
    for (let tries = 0; tries < 2; tries += 1) {
      const { receiptHandle } = await receiveOne();
      queues.changeVisibility('work', receiptHandle, 0);
    }
  }

  test('gets a message at the receive that would be one too many, with its id, age and source', async () => {
    const { messageId } = queues.send('work', { body: 'poison' });
    await exhaust();
    expect(queues.count('dead').visible).toBe(0);
    expect(await receive()).toEqual([]);
    const [dead] = await receive('dead');
    expect(dead).toMatchObject({
      messageId,
      body: 'poison',
      attributes: {
        ApproximateReceiveCount: '3',
        SentTimestamp: String(START_MS),
        DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:work',
      },
    });
  });

  test('does not hold up the messages behind the exhausted ones', async () => {
    for (let sent = 0; sent < 15; sent += 1) queues.send('work', { body: 'poison' });
    for (let tries = 0; tries < 2; tries += 1) {
      const held = [...(await receive()), ...(await receive())];
      for (const one of held) queues.changeVisibility('work', one.receiptHandle, 0);
    }
    pass(1);
    queues.send('work', { body: 'fresh' });
    expect((await receive()).map(({ body }) => body)).toEqual(['fresh']);
    expect(queues.count('dead').visible).toBe(15);
  });

  test('when redriven, then its messages are new ones in the queue they came from', async () => {
    const { messageId } = queues.send('work', { body: 'poison' });
    await exhaust();
    await receive();
    pass(5);
    expect(queues.redrive('dead')).toBe(1);
    const again = await receiveOne();
    expect(again.messageId).not.toBe(messageId);
    expect(again.attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      SentTimestamp: String(START_MS + 5_000),
    });
    expect(again.attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
  });

  test('must exist, and must allow the source', () => {
    const redrive = { deadLetterQueueName: 'nowhere', maxReceiveCount: 2 };
    expect(() => queues.ensureQueue({ name: 'other', redrive })).toThrow(/does not exist/);
    queues.configure('dead', {
      redriveAllow: { permission: 'byQueue', sourceQueueNames: ['work'] },
    });
    const allowed = { deadLetterQueueName: 'dead', maxReceiveCount: 2 };
    expect(() => queues.ensureQueue({ name: 'other', redrive: allowed })).toThrow(/forbids/);
    expect(queues.ensureQueue({ name: 'work', redrive: allowed }).redrive).toEqual(allowed);
  });
});

describe('a start after a kill', () => {
  test('what was in flight comes at once, first, and the lost receive is not counted', async () => {
    queues.send('work', { body: 'in flight' });
    await receive('work', 600);
    pass(5);
    queues.send('work', { body: 'waiting' });
    queues = open();
    expect(queues.recoverInFlight()).toBe(1);
    const messages = await receive();
    expect(
      messages.map(({ body, attributes }) => [body, attributes.ApproximateReceiveCount]),
    ).toEqual([
      ['in flight', '1'],
      ['waiting', '1'],
    ]);
  });

  test('what was let go counts: its receive was no victim of the kill', async () => {
    queues.send('work', { body: 'failed' });
    const { receiptHandle } = await receiveOne();
    queues.changeVisibility('work', receiptHandle, 0);
    expect(queues.recoverInFlight()).toBe(0);
    expect((await receiveOne()).attributes.ApproximateReceiveCount).toBe('2');
  });

  test('what its receiver is through with keeps the delay that was set for it, and its count', async () => {
    queues.send('work', { body: 'asked to wait' });
    const { receiptHandle } = await receiveOne();
    queues.changeVisibility('work', receiptHandle, 150);
    queues.keepInFlight('work', receiptHandle);
    expect(queues.count('work')).toMatchObject({ visible: 0, inFlight: 1 });
    pass(149);
    queues = open();
    expect(queues.recoverInFlight()).toBe(0);
    expect(await receive()).toEqual([]);
    pass(1);
    expect((await receiveOne()).attributes.ApproximateReceiveCount).toBe('2');
    expect(queues.recoverInFlight()).toBe(1); // the one who has it now has not let it go
  });

  test('a receiver that comes late lets go of nothing', async () => {
    queues.send('work', { body: 'taken over' });
    const { receiptHandle } = await receiveOne();
    pass(30);
    await receiveOne();
    queues.keepInFlight('work', receiptHandle);
    expect(queues.recoverInFlight()).toBe(1);
  });

  test('a delay that was asked for is kept', async () => {
    queues.send('work', { body: 'later', delaySeconds: 60 });
    queues.recoverInFlight();
    expect(await receive()).toEqual([]);
  });
});

describe('long polls', () => {
  const wait = (name: string, waitSeconds = 20, signal?: AbortSignal) =>
    queues.receive(name, { max: 1, waitSeconds, ...(signal && { signal }) });

  beforeEach(() => {
    clock = Date.now();
  });

  test('end with the message that is sent meanwhile; each message goes to one of them', async () => {
    const polls = [wait('work'), wait('work')];
    queues.send('work', { body: 'one' });
    queues.send('work', { body: 'two' });
    const bodies = (await Promise.all(polls)).flat().map(({ body }) => body);
    expect(bodies.sort()).toEqual(['one', 'two']);
  });

  test('a message of a transaction that is rolled back is never seen', async () => {
    const poll = wait('work', 1);
    expect(() =>
      inTransaction(database, () => {
        queues.send('work', { body: 'ghost' });
        throw new Error('the disk is full');
      }),
    ).toThrow(/disk/);
    inTransaction(database, () => queues.send('work', { body: 'real' }));
    expect((await poll).map(({ body }) => body)).toEqual(['real']);
  });

  test('end with a message whose time-out ends meanwhile', async () => {
    const real = createQueues(database, {
      endpoint: () => '',
      region: 'us-east-1',
      accountId: '000000000000',
    });
    real.send('work', { body: 'again' });
    await real.receive('work', { max: 1, waitSeconds: 0, visibilityTimeoutSeconds: 1 });
    expect(await real.receive('work', { max: 1, waitSeconds: 10 })).toHaveLength(1);
  });

  test('end empty when the caller hangs up, and take nothing for it', async () => {
    const controller = new AbortController();
    const poll = wait('work', 20, controller.signal);
    controller.abort();
    expect(await poll).toEqual([]);
    queues.send('work', { body: 'for another' });
    await Promise.resolve();
    expect(queues.count('work').visible).toBe(1);
  });

  test('end empty when the time is up or the stack stops', async () => {
    expect(await wait('work', 1)).toEqual([]);
    const poll = wait('work');
    queues.close();
    expect(await poll).toEqual([]);
    await expect(wait('work')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  test('fail when the queue is removed', async () => {
    const poll = wait('dead');
    queues.remove('dead');
    await expect(poll).rejects.toMatchObject({ code: 'QueueDoesNotExist' });
  });
});

test('when its retention is over, then a message vanishes', async () => {
  queues.ensureQueue({ name: 'short', messageRetentionSeconds: 60 });
  queues.send('short', { body: 'old' });
  pass(61);
  expect(queues.count('short').visible).toBe(0);
  expect(await receive('short')).toEqual([]);
});

test('limits are those of SQS', async () => {
  const code = (name: string) => expect.objectContaining({ code: name });
  const exact = 'x'.repeat(1_048_576);
  queues.send('work', { body: exact });
  const refused: [() => unknown, string][] = [
    [() => queues.send('work', { body: `${exact}x` }), 'InvalidParameterValue'],
    [() => queues.send('work', { body: '' }), 'MissingParameter'],
    [() => queues.send('work', { body: 'a\u0000b' }), 'InvalidMessageContents'],
    [() => queues.send('work', { body: 'a\ud800b' }), 'InvalidMessageContents'],
    [() => queues.send('work', { body: 'a', delaySeconds: 901 }), 'InvalidParameterValue'],
    [() => queues.send('nowhere', { body: 'a' }), 'QueueDoesNotExist'],
    [() => queues.ensureQueue({ name: 'first.fifo' }), 'InvalidParameterValue'],
    [
      () => queues.ensureQueue({ name: 'x', visibilityTimeoutSeconds: 43_201 }),
      'InvalidAttributeValue',
    ],
    [() => queues.delete('work', 'no handle'), 'ReceiptHandleIsInvalid'],
  ];
  for (const [call, name] of refused) expect(call).toThrow(code(name));
  for (const options of [
    { max: 11, waitSeconds: 0 },
    { max: 0, waitSeconds: 0 },
    { max: 1, waitSeconds: 21 },
    { max: 1, waitSeconds: 0, visibilityTimeoutSeconds: 43_201 },
  ]) {
    await expect(queues.receive('work', options)).rejects.toEqual(code('InvalidParameterValue'));
  }
});
