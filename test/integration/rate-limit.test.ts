import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createHttpHandler } from '../../lib/api/http.ts';
import { type Authenticate, connectAuth } from '../../lib/auth/authenticate.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import type { Table } from '../../lib/aws/table.ts';
import { createLeasedLimit } from '../../lib/rates/rate-lease.ts';
import { createRateBuckets, createRateLimit } from '../../lib/rates/rate-limit.ts';
import type { Answered } from '../support/api-process.ts';
import { type Service, startService } from '../support/service.ts';

// More by hand: RATE_REQUESTS=1000
const REQUESTS = Number(process.env.RATE_REQUESTS ?? 200);
const PROCESSES = 4;
const PER_MINUTE = 30;
const INTERVAL_MS = 60_000 / PER_MINUTE;
const API_PROCESS = fileURLToPath(new URL('../support/api-process.ts', import.meta.url));

let service: Service;
beforeAll(async () => {
  service = await startService({ rateLimitPerMinute: String(PER_MINUTE) });
  await service.addKey('sk_limited', 'limited');
});
afterAll(() => service.stop());

describe('given four API processes on the same table', () => {
  let children: ChildProcess[];

  beforeAll(async () => {
    const spec = service.played.functions.find(({ name }) => name.endsWith('create-upload'));
    const env = { ...process.env, ...spec?.environment };
    children = Array.from({ length: PROCESSES }, () => fork(API_PROCESS, { env }));
    await Promise.all(children.map((child) => once(child, 'message')));
  });
  afterAll(() => {
    for (const child of children) child.kill();
  });

  async function send(child: ChildProcess, requests: number, key = 'sk_limited') {
    const answered = once(child, 'message');
    child.send({ requests, key });
    const [answers] = await answered;
    return answers as Answered[];
  }
  const fieldOf = (name: string, value = '') =>
    Number(new RegExp(`;${name}=(\\d+)`).exec(value)?.[1]);

  test('requests at once are let in up to the bucket and what it refilled, not one more, and the headers agree', async () => {
    const sent = children.map((child) => send(child, REQUESTS / PROCESSES));
    const answers = (await Promise.all(sent)).flat();
    const admitted = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 429);
    expect(admitted.length + refused.length).toBe(REQUESTS);
    const first = Math.min(...answers.map(({ from }) => from));
    const last = Math.max(...answers.map(({ to }) => to));
    expect(admitted.length).toBeGreaterThanOrEqual(PER_MINUTE);
    expect(admitted.length).toBeLessThanOrEqual(PER_MINUTE + (last - first) / INTERVAL_MS);

    for (const { headers } of answers)
      expect(headers['ratelimit-policy']).toBe(`"uploads";q=${PER_MINUTE};w=60`);
    const remaining = admitted.map(({ headers }) => fieldOf('r', headers.ratelimit));
    for (let left = 0; left < PER_MINUTE; left += 1) expect(remaining).toContain(left);
    for (const { headers, body } of refused) {
      const wait = Number(headers['retry-after']);
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(INTERVAL_MS / 1000);
      expect(headers.ratelimit).toBe(`"uploads";r=0;t=${wait}`);
      expect(JSON.parse(body)).toMatchObject({ code: 'rate_limited', retryAfter: wait });
    }
  }, 120_000);

  test('who waits as long as the refusal says is let in', async () => {
    const [child] = children;
    if (!child) throw new Error('no process');
    let [answer] = await send(child, 1);
    if (answer?.status === 201) [answer] = await send(child, 1);
    expect(answer?.status).toBe(429);
    await sleep(Number(answer?.headers['retry-after']) * 1000);
    expect(await send(child, 1)).toMatchObject([{ status: 201 }]);
  });

  test('who has no valid key writes nothing', async () => {
    const [child] = children;
    const before = await listBuckets();
    const answers = child ? await send(child, 5, 'sk_wrong') : [];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(await listBuckets()).toEqual(before);
  });
});

async function listBuckets() {
  return (await service.listItems()).filter(({ pk }) => String(pk).startsWith('rate#'));
}

/** Instances with a clock of their own, in epoch milliseconds, and a count of the calls they make. */
function createInstance(kind: typeof createRateLimit, perMinute: number, clock: { now: number }) {
  const calls = { count: 0 };
  const { get, update } = service.table;
  const table: Table = {
    ...service.table,
    get: (input) => {
      calls.count += 1;
      return get(input);
    },
    update: (input) => {
      calls.count += 1;
      return update(input);
    },
  };
  const buckets = createRateBuckets(table, service.tableName);
  return { calls, clock, ...kind({ buckets, policy: 'reads', perMinute, now: () => clock.now }) };
}

async function count(
  instances: ReturnType<typeof createInstance>[],
  client: string,
  tries: number,
) {
  let admitted = 0;
  for (let round = 0; round < tries; round += 1)
    for (const { take } of instances)
      admitted += (await take({ clientId: client }))?.admitted ? 1 : 0;
  return admitted;
}

describe('an exact limit', () => {
  test('costs one call for a request that is let in, and none for a flood that is not', async () => {
    const instance = createInstance(createRateLimit, 10, { now: 1_800_000_000_000 });
    expect(await count([instance], 'single', 10)).toBe(10);
    expect(instance.calls.count).toBe(10);
    expect(await count([instance], 'single', 500)).toBe(0);
    expect(instance.calls.count).toBe(10);
  });

  test('gives back one token an interval, and all of them after a minute', async () => {
    const clock = { now: 1_800_000_000_000 };
    const instances = [1, 2].map(() => createInstance(createRateLimit, 10, clock));
    expect(await count(instances, 'refill', 10)).toBe(10);
    clock.now += 6_000;
    expect(await count(instances, 'refill', 10)).toBe(1);
    clock.now += 3_600_000;
    expect(await count(instances, 'refill', 10)).toBe(10);
  });

  test('with clocks that differ lets the difference in once, and not again', async () => {
    const slow = { now: 1_800_000_000_000 };
    const fast = { now: slow.now + 12_000 };
    const instances = [slow, fast].map((clock) => createInstance(createRateLimit, 10, clock));
    expect(await count(instances, 'skew', 20)).toBeLessThanOrEqual(12);
    for (const clock of [slow, fast]) clock.now += 30_000;
    expect(await count(instances, 'skew', 20)).toBe(5); // 30 s' worth
  });

  test('is not closed for long by a clock that was an hour fast', async () => {
    const clock = { now: 1_800_000_000_000 };
    const broken = createInstance(createRateLimit, 10, { now: clock.now + 3_600_000 });
    expect(await count([broken], 'broken', 1)).toBe(1);
    expect(await count([createInstance(createRateLimit, 10, clock)], 'broken', 20)).toBe(10);
  });

  test('takes a client’s own number in the place of the stage’s, and 0 for none', async () => {
    const { take } = createInstance(createRateLimit, 10, { now: 1_800_000_000_000 });
    const caller = { clientId: 'own', uploadsPerMinute: 7 };
    expect(await take({ ...caller, readsPerMinute: 3 })).toMatchObject({
      perMinute: 3,
      remaining: 2,
    });
    expect(await take({ ...caller, readsPerMinute: 0 })).toBeUndefined();
    expect(await take(caller)).toMatchObject({ perMinute: 10 });
  });
});

describe('a leased limit', () => {
  test('costs a call for every tenth request', async () => {
    const instance = createInstance(createLeasedLimit, 600, { now: 1_800_000_000_000 });
    expect(await count([instance], 'cheap', 300)).toBe(300);
    expect(instance.calls.count).toBeLessThanOrEqual(31);
  });

  test('over four instances lets no more in than the bucket and what it refilled, in any window', async () => {
    const clock = { now: 1_800_000_000_000 };
    const instances = [1, 2, 3, 4].map(() => createInstance(createLeasedLimit, 300, clock));
    const admitted: { at: number; count: number }[] = [];
    for (let step = 0; step < 14; step += 1) {
      // Leases are left over, run out, and the bucket refills meanwhile.
      const tries = step % 5 === 4 ? 80 : 2;
      admitted.push({ at: clock.now, count: await count(instances, 'leases', tries) });
      clock.now += 4_500;
    }
    for (const [first, { at: from }] of admitted.entries())
      for (const [last, { at: to }] of admitted.entries()) {
        if (last < first) continue;
        const sum = admitted.slice(first, last + 1).reduce((all, each) => all + each.count, 0);
        expect(sum).toBeLessThanOrEqual(300 + (to - from) / 200);
      }
    expect(Math.max(...admitted.map((each) => each.count))).toBeGreaterThan(200);
  });

  test('hands out nothing that is too old', async () => {
    const clock = { now: 1_800_000_000_000 };
    const instance = createInstance(createLeasedLimit, 600, clock);
    await instance.take({ clientId: 'old' });
    clock.now += 11_000;
    await instance.take({ clientId: 'old' });
    expect(instance.calls.count).toBeGreaterThan(1);
  });

  test('is an exact one where it allows few', async () => {
    const clock = { now: 1_800_000_000_000 };
    const instances = [1, 2].map(() => createInstance(createLeasedLimit, 20, clock));
    expect(await count(instances, 'few', 30)).toBe(20);
  });
});

test.each([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
])('a table that says %s is a 503 with the time to wait', async (name) => {
  const server = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const endpoint = `http://127.0.0.1:${port}`;
  const table = connectTable({ region: 'us-east-1', endpoint, credentials });
  const handle = () =>
    table.get({ TableName: 't', Key: { pk: 'x' } }).then(() => ({ status: 200 }));
  const input = z.object({});
  const config = { TABLE_NAME: 't', DOOR: { secretId: 'none', allow: [] } };
  // The cast: the chain reads no more of a caller than this.
  const known = (async () => ({ clientId: 'client' })) as unknown as Authenticate;
  const limit = createRateLimit({
    buckets: createRateBuckets(table, 't'),
    policy: 'uploads',
    perMinute: 10,
    now: Date.now,
  });
  const chains = [
    createHttpHandler({ door: connectAuth(table, config), input, handle }),
    createHttpHandler({ door: known, limit, input, handle }),
    createHttpHandler({ door: known, input, handle }),
  ];
  const context = { getRemainingTimeInMillis: () => 1_300 } as Context; // no time for many tries
  for (const chain of chains) {
    const requestContext = { requestId: 'r', timeEpoch: Date.now() };
    const event = { headers: { authorization: 'Bearer sk_x' }, requestContext };
    const answer = await chain(event as never, context);
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
    expect(JSON.parse(String(answer.body))).toMatchObject({ code: 'unavailable' });
  }
  server.close();
});
