import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import { addWebhook } from '../../lib/webhooks/webhooks.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { failObject } from '../../lib/work/fail.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { MEDIA_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const photo = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2, costUsd: 0 };
let service: Service;
let deps: AnalyzeDeps;
let sent: { clientId: string; endpointId: string; url?: string; event: { type: string } }[] = [];
let isQueueDown = false;
let sequence = 0;

beforeAll(async () => {
  service = await startService();
  deps = {
    ...service,
    endWorker: () => undefined,
    dropClientId: 'dropper',
    limits: MEDIA_LIMITS,
    now: Date.now,
    gemini: {
      ask: async (_request, parse) => ({ value: parse(DESCRIBE_ANSWER), model: 'fake', usage }),
    },
    notices: {
      async send(_, bodies) {
        if (isQueueDown) throw new Error('The queue is down');
        sent.push(...bodies.map((body) => JSON.parse(body)));
      },
    },
  };
});
afterAll(() => service.stop());
beforeEach(() => {
  sequence += 1;
  sent = [];
  isQueueDown = false;
});

const client = () => `client-${sequence}`;

async function upload(changes: Partial<AnalysisRecord> = {}) {
  const id = createAnalysisId(Date.now());
  const key = uploadKey(id);
  const source = { key, filename: 'rocket.jpg' };
  const given = { id, clientId: client(), source, analyzer: { name: 'describe', version: 1 } };
  await service.analyses.create({ ...newAnalysis({ ...given, now: Date.now() }), ...changes });
  await service.uploads.put(key, photo, 'image/jpeg');
  const eventTime = new Date().toISOString();
  return { bucket: service.uploadBucket, key, size: photo.length, sequencer: '01', eventTime };
}
function deliver(object: Awaited<ReturnType<typeof upload>>) {
  const signal = AbortSignal.timeout(20_000);
  const deadline = Date.now() + 20_000;
  return analyzeObject(deps, object, { signal, deadline, changeVisibility: async () => undefined });
}

test('given a callback and an endpoint, when an analysis ends, then both are told', async () => {
  const registered = { ...service, readSecret: async () => 'x', now: Date.now };
  const { id } = await addWebhook(registered, client(), { url: 'https://example.com/a' });
  await deliver(await upload({ callbackUrl: 'https://example.com/b' }));
  expect(sent).toMatchObject([
    { clientId: client(), endpointId: id, event: { type: 'analysis.succeeded' } },
    { endpointId: 'callback', url: 'https://example.com/b' },
  ]);
  expect(sent[0]).not.toHaveProperty('url');
});

test('given nobody who wants to know, then nothing is sent', async () => {
  await deliver(await upload());
  expect(sent).toEqual([]);
});

test('given a queue that is down at the end, then the message comes again, and tells of it', async () => {
  isQueueDown = true;
  const object = await upload({ callbackUrl: 'https://example.com/' });
  expect(await deliver(object)).toMatchObject({ status: 'succeeded', isUnnotified: true });
  isQueueDown = false;
  expect(await deliver(object)).toMatchObject({ kind: 'ignored', reason: 'already_ended' });
  expect(sent).toMatchObject([{ event: { type: 'analysis.succeeded' } }]);
});

test('given an analysis that is given up, then that is told, and counted', async () => {
  const object = await upload({ callbackUrl: 'https://example.com/' });
  await failObject(deps, object);
  expect(sent).toMatchObject([{ event: { type: 'analysis.failed' } }]);
  const { days } = await service.spending.read(client(), new Date().toISOString().slice(0, 10));
  expect(Object.values(days)).toMatchObject([{ failed: 1, calls: 0 }]);
});
