import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { newAnalysis } from '../../lib/analysis/record.ts';
import { deleteAnalysis } from '../../lib/requests/delete.ts';
import { type DeliverDeps, deliverEvent } from '../../lib/webhooks/deliver.ts';
import { notifyEnd } from '../../lib/webhooks/notify-end.ts';
import {
  CALLBACK,
  deriveWebhookSecret,
  describeEnd,
  type WebhookMessage,
} from '../../lib/webhooks/webhook-event.ts';
import { createWebhookCaller, type Resolve } from '../../lib/webhooks/webhook-target.ts';
import { addWebhook, listDeliveries, replayDelivery } from '../../lib/webhooks/webhooks.ts';
import { type Service, startService } from '../support/service.ts';

const SECRET = "the stage's own";
const TIMEOUT_MS = 300;
let service: Service;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sequence = 0;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  sequence += 1;
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const client = () => `client-${sequence}`;
const readSecret = async () => SECRET;

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers by one step a call; the last one is repeated. */
async function startReceiver() {
  const received: Received[] = [];
  const steps: ((response: ServerResponse) => void)[] = [(response) => response.end()];
  let connections = 0;
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    steps[Math.min(received.length, steps.length) - 1]?.(response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    received,
    port,
    url: `http://127.0.0.1:${port}/hook`,
    connections: () => connections,
    answer: (...given: typeof steps) => steps.splice(0, steps.length, ...given),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end();
const reset = (response: ServerResponse) => void response.socket?.destroy();
const hang = () => undefined;

function withReach(reach: 'public' | 'local', resolve?: Resolve): DeliverDeps {
  const call = createWebhookCaller({ reach, timeoutMs: TIMEOUT_MS, ...(resolve && { resolve }) });
  return { ...service, call, readSecret, now: Date.now, random: () => 0 };
}

function callback(url = receiver.url, id = `an_${sequence}`): WebhookMessage {
  const event = describeEnd({ id }, 'succeeded', Date.now());
  return { clientId: client(), endpointId: CALLBACK, url, event };
}

/** As the queue does it; the pauses come back instead of being waited for. */
async function deliverUntilDone(message: WebhookMessage, deps = withReach('local')) {
  const pauses: number[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const pause = await deliverEvent(deps, message, attempt);
    if (pause === undefined) return pauses;
    pauses.push(pause);
  }
}

const log = async (endpointId = CALLBACK) =>
  (await listDeliveries(service, client(), endpointId)).data;

describe('an event', () => {
  test('is signed as Standard Webhooks has it, and says no more than what has ended', async () => {
    const message = callback();
    expect(await deliverUntilDone(message)).toEqual([]);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const webhook = new Webhook(deriveWebhookSecret(SECRET, client(), CALLBACK));
    expect(webhook.verify(body, headers as Record<string, string>)).toEqual({
      type: 'analysis.succeeded',
      timestamp: message.event.timestamp,
      data: { id: `an_${sequence}`, status: 'succeeded' },
    });
    expect(headers['webhook-id']).toBe(message.event.id);
    expect(await log()).toMatchObject([{ status: 'delivered', attempts: [{ status: 200 }] }]);
  });

  test('arrives in spite of errors, resets and time-outs, and is the same each time', async () => {
    receiver.answer(status(500), reset, hang, status(302), status(204));
    expect(await deliverUntilDone(callback())).toEqual([5, 30, 300, 1_800]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [delivery] = await log();
    expect(delivery?.status).toBe('delivered');
    expect(delivery?.attempts.map(({ status, failure }) => status ?? failure)).toEqual([
      500,
      'no_answer',
      'no_answer',
      302,
      204,
    ]);
  });

  test('that nobody takes is given up after a day', async () => {
    receiver.answer(status(503));
    const pauses = await deliverUntilDone(callback());
    expect(pauses.reduce((sum, pause) => sum + pause, 0) / 3_600).toBeCloseTo(24, 0);
    expect(receiver.received).toHaveLength(pauses.length + 1);
    expect((await log())[0]?.status).toBe('failed');
  });

  test('whose message stands in the queue twice is sent by one of them, however often it fails', async () => {
    receiver.answer(status(500));
    const [message, deps] = [callback(), withReach('local')];
    const [first, second] = ['first', 'second'].map((id) => ({ id, sentAt: Date.now() }));
    expect(await deliverEvent(deps, message, 1, first)).toBe(5);
    expect(await deliverEvent(deps, message, 1, second)).toBeUndefined();
    expect(await deliverEvent(deps, message, 2, first)).toBe(30);
    expect(receiver.received).toHaveLength(2);
    // An operator who moves it out of the dead-letter queue sends it anew.
    const later = { id: 'moved', sentAt: Date.now() + 3_600_000 };
    expect(await deliverEvent(deps, message, 1, later)).toBe(5);
    expect(receiver.received).toHaveLength(3);
  });

  test('that has arrived is not sent again, unless the client asks for it', async () => {
    const message = callback();
    await deliverUntilDone(message);
    await deliverUntilDone(message);
    expect(receiver.received).toHaveLength(1);
    const sent: string[] = [];
    const notices = {
      send: async (_: string, bodies: readonly string[]) => void sent.push(...bodies),
    };
    const name = { endpointId: CALLBACK, eventId: message.event.id };
    await replayDelivery({ ...service, notices }, client(), name);
    await deliverUntilDone(JSON.parse(sent[0] ?? ''));
    expect(receiver.received).toHaveLength(2);
    await expect(
      replayDelivery({ ...service, notices }, client(), { ...name, eventId: 'evt_other' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('the events of one client hold up those of no other: the queue is told whose they are', async () => {
  const QueueUrl = service.played.refOf('WebhookQueue');
  const mine = { id: 'an_1', clientId: client(), callbackUrl: receiver.url };
  for (const ended of [mine, { ...mine, id: 'an_2' }, { ...mine, clientId: 'other' }])
    await notifyEnd(service, ended, 'succeeded', Date.now());
  const { Messages = [] } = await new SQSClient({}).send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['MessageGroupId'],
    }),
  );
  const [one, two, other] = Messages.map(({ Attributes }) => Attributes?.MessageGroupId);
  expect(one).toMatch(/^[\w-]{43}$/);
  expect([two === one, other === one]).toEqual([true, false]);
});

describe('an event of an analysis that was deleted', () => {
  const remove = (id: string) => deleteAnalysis({ ...service, now: Date.now }, client(), id);
  async function store(): Promise<string> {
    const id = createAnalysisId(Date.now());
    const source = { key: uploadKey(id), filename: 'a.jpg' };
    const analyzer = { name: 'describe', version: 1 };
    const given = { id, clientId: client(), source, analyzer, now: Date.now() };
    await service.analyses.create(newAnalysis(given));
    return id;
  }

  test('is in no log any more, not of a callback and not of an endpoint', async () => {
    const deps = { ...service, readSecret, now: Date.now };
    const endpoint = await addWebhook(deps, client(), { url: receiver.url });
    const [id, kept] = [await store(), await store()];
    for (const message of [id, kept].map((each) => callback(receiver.url, each))) {
      await deliverUntilDone(message);
      const { url: _, ...toEndpoint } = message;
      await deliverUntilDone({ ...toEndpoint, endpointId: endpoint.id });
    }
    await remove(id);
    for (const target of [CALLBACK, endpoint.id])
      expect(await log(target)).toMatchObject([{ analysisId: kept, status: 'delivered' }]);
  });

  test('is not sent again, and nothing is noted of it', async () => {
    receiver.answer(status(500));
    const message = callback(receiver.url, await store());
    expect(await deliverEvent(withReach('local'), message, 1)).toBe(5);
    await remove(message.event.analysisId);
    expect(await deliverEvent(withReach('local'), message, 2)).toBeUndefined();
    expect(receiver.received).toHaveLength(1);
    expect(await log()).toEqual([]);
  });
});

describe('an endpoint', () => {
  async function add(): Promise<WebhookMessage> {
    const deps = { ...service, readSecret, now: Date.now };
    const { id } = await addWebhook(deps, client(), { url: receiver.url });
    const { url: _, ...message } = callback();
    return { ...message, endpointId: id };
  }

  test('that answers 410 is disabled, and not called again', async () => {
    receiver.answer(status(410));
    const message = await add();
    expect(await deliverUntilDone(message)).toEqual([]);
    await deliverUntilDone({ ...message, event: describeEnd({ id: 'an_next' }, 'failed', 0) });
    expect(receiver.received).toHaveLength(1);
    const [endpoint] = await service.webhooks.read(client());
    expect(endpoint?.disabledAt).toBeDefined();
    expect(await log(message.endpointId)).toMatchObject([{ status: 'failed' }]);
    const name = { endpointId: message.endpointId, eventId: message.event.id };
    const again = replayDelivery(service, client(), name); // nobody would be called
    await expect(again).rejects.toMatchObject({ code: 'request_invalid' });
  });

  test('that was removed is not called any more', async () => {
    const message = await add();
    await service.webhooks.change(client(), () => []);
    expect(await deliverUntilDone(message)).toEqual([]);
    expect(receiver.received).toHaveLength(0);
  });

  test('is one of at most five, also where many are made at once', async () => {
    const made = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map(add));
    const count = made.filter((each) => each.status === 'fulfilled').length;
    const stored = await service.webhooks.read(client());
    expect(stored).toHaveLength(count);
    expect(count).toBeLessThanOrEqual(5);
  });
});

describe('a hostile target is never connected to', () => {
  const refused = { failure: 'refused_target' };
  const callWith = (resolve: Resolve, url: string) =>
    createWebhookCaller({ reach: 'public', resolve, timeoutMs: TIMEOUT_MS })({
      url,
      headers: {},
      body: '{}',
    });
  const nobody: Resolve = async () => {
    throw new Error('not to be asked');
  };

  test.each(['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '0'])(
    'by its address: %s',
    async (host) => {
      expect(await callWith(nobody, `https://${host}:${receiver.port}/`)).toEqual(refused);
      expect(receiver.connections()).toBe(0);
    },
  );

  test.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['169.254.169.254']],
    [['10.1.2.3']],
    [['64:ff9b::7f00:1']],
    [['93.184.216.34', '127.0.0.1']],
    [[]],
  ])('by a name that leads to %j', async (addresses) => {
    const resolve: Resolve = async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const url = `https://localtest.example:${receiver.port}/`;
    expect(await callWith(resolve, url)).toEqual(refused);
    expect(receiver.connections()).toBe(0);
  });

  test('by a name that leads elsewhere after it was checked: it is resolved once', async () => {
    let asked = 0;
    const resolve: Resolve = async () => {
      asked += 1;
      const unallocated = { address: '2d00::1', family: 6 }; // public, and nobody's
      return asked === 1 ? [unallocated] : [{ address: '127.0.0.1', family: 4 }];
    };
    const url = `https://rebound.example:${receiver.port}/`;
    expect(await callWith(resolve, url)).toEqual({ failure: 'no_answer' });
    expect([asked, receiver.connections()]).toEqual([1, 0]);
  });

  test('by a redirect', async () => {
    const inner = await startReceiver();
    receiver.answer((response) => void response.writeHead(307, { location: inner.url }).end());
    expect(await deliverEvent(withReach('local'), callback(), 1)).toBe(5);
    expect(inner.connections()).toBe(0);
    await inner.close();
  });

  test('and its delivery says so', async () => {
    const message = callback('https://169.254.169.254/latest/meta-data/');
    expect(await deliverEvent(withReach('local'), message, 1)).toBe(5);
    expect(await log()).toMatchObject([{ status: 'waiting', attempts: [refused] }]);
  });
});
