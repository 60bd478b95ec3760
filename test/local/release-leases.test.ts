import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { newAnalysis } from '../../lib/analysis/record.ts';
import { createIdempotency, createIdempotencyRecords } from '../../lib/api/idempotency.ts';
import { createModelPauses } from '../../lib/gemini/breaker.ts';
import { limitReads } from '../../lib/rates/rate-lease.ts';
import { releaseLeases } from '../../local/release-leases.ts';
import { type Service, startService } from '../support/service.ts';

// What a run that was killed leaves in the table, and what the next start makes of it.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const LATER = Date.now() + 3_600_000;
const release = () => releaseLeases(service.table, service.tableName);
afterEach(() => release());

test('an analysis at work waits for a worker again, and its try does not count', async () => {
  const id = createAnalysisId(Date.now());
  const source = { key: uploadKey(id), filename: 'a' };
  const analyzer = { name: 'describe', version: 1 };
  const record = { id, clientId: 'client', source, analyzer, now: Date.now() };
  await service.analyses.create(newAnalysis(record));
  const startedAt = new Date().toISOString();
  const lease = {
    status: 'processing',
    stage: 'validating',
    leaseToken: 't',
    leaseUntil: LATER,
    startedAt,
  } as const;
  await service.analyses.claimWaiting(id, lease);
  expect(await release()).toBe(1);
  expect(await service.analyses.read(id)).toMatchObject({ status: 'queued', attempts: 0 });
  expect(await service.analyses.read(id)).not.toHaveProperty('leaseToken');
});

test('a request with a key goes on under the same ids; one that was answered stays answered', async () => {
  const records = createIdempotencyRecords(service.table, service.tableName);
  const run = createIdempotency({ records, now: Date.now });
  const request = { clientId: 'c', credential: 'x', digest: 'd', requestId: 'r' };
  const began = Promise.withResolvers<unknown>();
  void run({ ...request, key: 'cut off' }, (origin) => {
    began.resolve(origin);
    return new Promise(() => {});
  });
  const origin = await began.promise;
  await run({ ...request, key: 'answered' }, async () => ({ status: 201 }));
  const again = () =>
    run({ ...request, key: 'cut off' }, async (given) => ({ status: 200, body: given }));
  await expect(again()).rejects.toMatchObject({ code: 'idempotency_conflict' });
  expect(await release()).toBe(1);
  expect(JSON.parse(JSON.stringify((await again()).body))).toEqual(
    JSON.parse(JSON.stringify(origin)),
  );
  const answered = await run({ ...request, key: 'answered' }, async () => ({ status: 500 }));
  expect(answered).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' } });
});

test('money that was set aside counts as spent, and holds nobody up', async () => {
  const { spending } = service;
  const day = new Date().toISOString().slice(0, 10);
  const held = { token: 't', day, chargedMicroUsd: 500, admitted: 1, until: LATER };
  await spending.reserve('client', 'an_1', held, { day: {}, month: {} });
  await spending.reserve('client', 'an_2', held, { day: {}, month: {} });
  expect(await release()).toBe(1); // a month is one item
  const month = await spending.read('client', day);
  expect(month.month).toEqual({ chargedMicroUsd: 1_000, admitted: 2 });
  expect(Object.values(month.reservations).map(({ until }) => until)).toEqual([0, 0]);
  const settled = await spending.settle('client', 'an_1', held, { chargedMicroUsd: 1 });
  expect(settled).toBe(true); // the next try still finds what to end
});

test('tokens that instances had taken in advance are there again', async () => {
  const config = { TABLE_NAME: service.tableName, READ_LIMIT_PER_MINUTE: 600 };
  const ask = () => limitReads(service.table, config).take({ clientId: 'reader' });
  for (let instances = 0; instances < 10; instances += 1) await ask();
  const before = (await ask())?.remaining ?? 0;
  expect(await release()).toBe(1);
  expect((await ask())?.remaining).toBeGreaterThan(before + 90);
});

test('a model that was to be left alone may be asked again', async () => {
  const pauses = createModelPauses(service.table, service.tableName);
  const pause = {
    until: LATER,
    returnAt: LATER,
    code: 'model_unavailable',
    remedy: 'retry',
  } as const;
  await pauses.write('gemini-x', pause);
  expect(await release()).toBe(1);
  expect(await pauses.read('gemini-x')).toBeUndefined();
});

test('where nothing is held, nothing changes', async () => {
  const before = await service.listItems();
  expect(await release()).toBe(0);
  expect(await service.listItems()).toEqual(before);
});

test('a receiver that was being called is called again at once', async () => {
  const name = { clientId: 'client', endpointId: 'callback', id: 'evt_1' };
  const sent = {
    type: 'analysis.succeeded',
    timestamp: '',
    analysisId: 'an_1',
    url: 'https://x.test/',
  };
  const begin = () => service.deliveries.begin(name, { webhook: sent, now: Date.now() });
  expect(await begin()).toHaveProperty('leaseToken');
  expect(await begin()).toHaveProperty('busySeconds');
  expect(await release()).toBe(1);
  expect(await begin()).toHaveProperty('leaseToken');
});
