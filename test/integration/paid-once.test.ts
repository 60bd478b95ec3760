import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nameContent } from '../../lib/analysis/content.ts';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, MAX_WAITS, newAnalysis } from '../../lib/analysis/record.ts';
import { MAX_INLINE_RESULT_BYTES } from '../../lib/analysis/result-store.ts';
import { describe as newest } from '../../lib/analyzers/describe.ts';
import { findBuiltIn } from '../../lib/analyzers/registry.ts';
import type { Origin } from '../../lib/api/idempotency.ts';
import { dayOf } from '../../lib/budget/budget.ts';
import { ServiceError } from '../../lib/errors.ts';
import { type DeleteDeps, deleteAnalysis } from '../../lib/requests/delete.ts';
import { announceUpload, type UploadDeps, uploadRequest } from '../../lib/requests/upload.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { MEDIA_LIMITS, UPLOAD_LIMITS } from '../support/limits.ts';
import { markJpeg } from '../support/pictures.ts';
import { type Service, startService } from '../support/service.ts';

// The same content is paid for once: docs/states.md, "The file is read".

const rocket = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
let service: Service;
let deps: AnalyzeDeps & DeleteDeps & UploadDeps;
let calls = 0;
/** Whether the last call was to heed what other instances know of the models. */
let wasRetry: boolean | undefined;
let onAsk: () => unknown = () => DESCRIBE_ANSWER;
let awsCalls: string[] = [];
/** What each test uploads: bytes that no other test has. */
let photo: Buffer;

beforeAll(async () => {
  service = await startService({}, ({ service: aws, operation, input }) => {
    const isApart = /"(spending|webhooks)#/.test(JSON.stringify(input ?? ''));
    if (!isApart) awsCalls.push(`${aws}:${operation}`);
  });
  deps = {
    ...service,
    dropClientId: 'dropper',
    limits: MEDIA_LIMITS,
    maxBytes: UPLOAD_LIMITS,
    now: Date.now,
    gemini: {
      async ask(_request, parse, { isRetry }) {
        calls += 1;
        wasRetry = isRetry;
        const value = parse(await onAsk());
        const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, costUsd: 0.001 };
        return { value, model: 'fake-model', usage, calls: 1 };
      },
    },
  };
});
afterAll(() => service.stop());
beforeEach(() => {
  calls = 0;
  onAsk = () => DESCRIBE_ANSWER;
  photo = markJpeg(rocket);
});

async function recordWith(changes: Partial<AnalysisRecord> = {}, bytes: Uint8Array = photo) {
  const now = Date.now();
  const id = createAnalysisId(now);
  const source = { key: uploadKey(id), filename: `${id}.jpg` };
  const { name, version } = newest;
  const analyzer = { name, version };
  const record = newAnalysis({ id, clientId: 'client', source, analyzer, now });
  await service.analyses.create({ ...record, ...changes });
  await service.uploads.put(source.key, bytes, 'image/jpeg');
  return id;
}
function uploadedObject(id: string) {
  const eventTime = new Date().toISOString();
  const key = uploadKey(id);
  return { bucket: service.uploadBucket, key, size: photo.length, sequencer: '01', eventTime };
}
function deliver(id: string, given: AnalyzeDeps = deps) {
  const signal = AbortSignal.timeout(20_000);
  const deadline = Date.now() + 20_000;
  const changeVisibility = async () => undefined;
  return analyzeObject(given, uploadedObject(id), { signal, deadline, changeVisibility });
}
async function stored(id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}
async function analyse(changes: Partial<AnalysisRecord> = {}, bytes = photo) {
  const id = await recordWith(changes, bytes);
  await deliver(id);
  return stored(id);
}
function sha256Of(bytes: Uint8Array) {
  return createHash('sha256').update(bytes).digest('hex');
}
const waits = { kind: 'later', reason: 'same_content_at_work' };
const alive = () => ({ leaseToken: 'other', leaseUntil: Date.now() + 60_000 });

/** An analysis in the given state, which holds the content of `photo`. */
async function holderWith(changes: Partial<AnalysisRecord>) {
  const id = await recordWith(changes);
  const record = await stored(id);
  expect(await service.contents.claim(nameContent(record, sha256Of(photo)), id)).toBe(id);
  return id;
}

describe('the same bytes are', () => {
  test('answered from the stored analysis, and cost nothing', async () => {
    const first = await analyse();
    const second = await analyse({ tags: ['own'], metadata: { mine: 'yes' } });
    expect(calls).toBe(1);
    expect(first).toMatchObject({ cached: false, usage: { costUsd: 0.001 } });
    const { result, caption, safety, model } = first;
    expect(second).toMatchObject({ status: 'succeeded', cached: true, result, caption, model });
    expect(second.safety).toEqual(safety);
    expect(second.usage).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 });
    const { key, filename } = second.source;
    expect(second.source).toEqual({ ...first.source, key, filename });
    expect(second).toMatchObject({ tags: ['own'], metadata: { mine: 'yes' } });
    for (const gone of ['stage', 'leaseToken', 'error', 'expiresAt'])
      expect(second).not.toHaveProperty(gone);
  });

  test('known by the digest that S3 has computed, where it has', async () => {
    const { source } = await analyse();
    const id = await recordWith();
    const [Bucket, Key] = [service.uploadBucket, uploadKey(id)];
    const put = { Bucket, Key, Body: photo, ContentType: 'image/jpeg' };
    await service.s3.send(new PutObjectCommand({ ...put, ChecksumAlgorithm: 'SHA256' }));
    const opened = await service.uploads.open(Key, AbortSignal.timeout(10_000));
    expect(opened?.sha256).toBe(source.sha256);
    opened?.close();
    await deliver(id);
    expect(await stored(id)).toMatchObject({ cached: true, source: { sha256: source.sha256 } });
    expect(calls).toBe(1);
  });

  test('asked about once, where twenty come at the same moment', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => recordWith()));
    let release = () => {};
    onAsk = () =>
      new Promise((resolve) => {
        release = () => resolve(DESCRIBE_ANSWER);
      });
    const waiting: string[] = [];
    const deliveries = ids.map(async (id) => {
      const outcome = await deliver(id);
      if (outcome.kind !== 'later') return;
      expect(outcome).toMatchObject({ ...waits, seconds: 1 });
      if (waiting.push(id) === ids.length - 1) release();
    });
    await Promise.all(deliveries);
    expect(waiting).toHaveLength(19);
    for (const id of waiting)
      expect(await stored(id)).toMatchObject({ status: 'queued', attempts: 0 });
    for (const id of waiting)
      expect(await deliver(id)).toMatchObject({ kind: 'ended', status: 'succeeded' });
    expect(calls).toBe(1);
    expect((await stored(waiting[0] ?? '')).cached).toBe(true);
  });

  test("asked about anew for another client: nobody sees another's answer", async () => {
    await analyse();
    expect(await analyse({ clientId: 'other' })).toMatchObject({ cached: false });
    expect(calls).toBe(2);
  });

  test.each([
    ['prompt', { prompt: 'How many?' }],
    ['analyzer', { analyzer: { name: 'other', version: 1 } }],
    ['wish to keep of its metadata', { keep: ['capturedAt' as const] }],
    ['wish to the analyzer', { options: '{"labels":["cat","dog"]}' }],
    ['version of the analyzer', { analyzer: { name: 'describe', version: 1 } }],
  ])('asked about anew with another %s', async (_, changes) => {
    onAsk = () => ({ ...DESCRIBE_ANSWER, answer: 'One.' });
    const describing = { ...deps, findAnalyzer: async () => findBuiltIn('describe') };
    await analyse();
    const id = await recordWith(changes);
    await deliver(id, describing);
    expect(await stored(id)).toMatchObject({ status: 'succeeded', cached: false });
    expect(calls).toBe(2);
  });

  test('asked about anew if that is wished, and the newer answer is the one that is known then', async () => {
    await analyse();
    onAsk = () => ({ ...DESCRIBE_ANSWER, caption: 'Seen anew.' });
    expect(await analyse({ fresh: true })).toMatchObject({ cached: false, caption: 'Seen anew.' });
    expect(await analyse()).toMatchObject({ cached: true, caption: 'Seen anew.' });
    expect(calls).toBe(2);
  });

  test('answered from the older answer while, and after, a newer one is asked for in vain', async () => {
    await analyse();
    const fresh = await recordWith({ fresh: true });
    let meanwhile: AnalysisRecord | undefined;
    onAsk = async () => {
      meanwhile = await analyse();
      throw new ServiceError('content_blocked');
    };
    expect(await deliver(fresh)).toMatchObject({ kind: 'ended', status: 'rejected' });
    expect(meanwhile).toMatchObject({ status: 'succeeded', cached: true });
    expect(await analyse()).toMatchObject({ status: 'succeeded', cached: true });
    expect(calls).toBe(2);
  });

  test('asked about once, where the first to ask wishes a fresh answer', async () => {
    const fresh = await recordWith({ fresh: true });
    onAsk = async () => {
      expect(await deliver(await recordWith())).toMatchObject(waits);
      return DESCRIBE_ANSWER;
    };
    expect(await deliver(fresh)).toMatchObject({ kind: 'ended', status: 'succeeded' });
    expect(await analyse()).toMatchObject({ cached: true });
    expect(calls).toBe(1);
  });

  test('validated again where they were rejected', async () => {
    const broken = photo.subarray(0, photo.length / 2);
    for (let times = 0; times < 2; times += 1)
      expect(await analyse({}, broken)).toMatchObject({ status: 'rejected' });
    expect(calls).toBe(0);
  });
});

describe('the analysis that holds the content', () => {
  const dead = { status: 'processing', leaseToken: 'dead', leaseUntil: 1 } as const;
  test.each([
    ['died', { ...dead, stage: 'analyzing' }],
    ['failed', { status: 'failed' }],
    ['was rejected', { status: 'rejected' }],
    ['waits for its file again', { status: 'awaiting_upload' }],
  ] as const)('%s: the next one asks in its place', async (_, changes) => {
    await holderWith(changes);
    expect(await analyse()).toMatchObject({ status: 'succeeded', cached: false });
    expect(await analyse()).toMatchObject({ status: 'succeeded', cached: true });
    expect(calls).toBe(1);
  });

  test.each([
    ['at work', () => ({ status: 'processing' as const, ...alive() })],
    ['queued for another try', () => ({ status: 'queued' as const })],
  ])('is %s: the next one waits longer each time, then asks for itself', async (_, changes) => {
    await holderWith(changes());
    const id = await recordWith();
    const delays: number[] = [];
    for (let times = 0; times < MAX_WAITS; times += 1) {
      const outcome = await deliver(id);
      expect(outcome).toMatchObject(waits);
      delays.push(outcome.kind === 'later' ? outcome.seconds : 0);
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, ...Array(10).fill(60)]);
    expect(await deliver(id)).toMatchObject({ kind: 'ended', status: 'succeeded' });
    expect(await stored(id)).toMatchObject({ cached: false, attempts: 1 });
    expect(wasRetry).toBe(true);
  });

  test('died and comes back: it finds who took its place, and is answered by that one', async () => {
    const first = await holderWith({ ...dead, stage: 'analyzing', attempts: 1 });
    await analyse();
    expect(await deliver(first)).toMatchObject({ kind: 'ended', status: 'succeeded' });
    expect(await stored(first)).toMatchObject({ cached: true });
    expect(calls).toBe(1);
  });

  test('fails for a while: it keeps its place over its tries, and those who wait pay nothing', async () => {
    const first = await recordWith();
    onAsk = () => {
      throw new ServiceError('model_unavailable');
    };
    expect(await deliver(first)).toMatchObject({ kind: 'later', reason: 'model_unavailable' });
    const second = await recordWith();
    expect(await deliver(second)).toMatchObject(waits);
    onAsk = () => DESCRIBE_ANSWER;
    await deliver(first);
    await deliver(second);
    expect(await stored(first)).toMatchObject({ status: 'succeeded', cached: false });
    expect(await stored(second)).toMatchObject({ status: 'succeeded', cached: true });
    expect(calls).toBe(2);
  });

  test('is deleted: it is no answer any more, and what was copied from it stays', async () => {
    const first = await analyse();
    const copy = await analyse();
    expect((await deleteAnalysis(deps, 'client', first.id)).deleted).toMatchObject({ content: 1 });
    expect(await analyse()).toMatchObject({ status: 'succeeded', cached: false });
    expect(await stored(copy.id)).toEqual(copy);
    expect((await deleteAnalysis(deps, 'client', copy.id)).deleted).toMatchObject({ content: 0 });
    expect(await analyse()).toMatchObject({ cached: true });
    expect(calls).toBe(2);
  });

  test('is deleted while others wait: one of them asks, the others wait for that one', async () => {
    const first = await recordWith();
    onAsk = async () => {
      await deleteAnalysis(deps, 'client', first);
      return DESCRIBE_ANSWER;
    };
    expect(await deliver(first)).toMatchObject({ reason: 'lease_lost' });
    onAsk = () => DESCRIBE_ANSWER;
    expect(await analyse()).toMatchObject({ cached: false });
    expect(await analyse()).toMatchObject({ cached: true });
  });
});

test('a known picture costs five calls of AWS, a small fresh one seven, budget and webhooks apart', async () => {
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  const { createHandler } = await import('../../functions/process-upload.ts');
  const { createQueue } = await import('../../lib/aws/queue.ts');
  const { connectQueues } = await import('../../lib/aws/connections.ts');
  const url = service.played.refOf('UploadQueue');
  const name = url.split('/').at(-1) ?? '';
  const handler = createHandler({ ...deps, queue: createQueue(connectQueues(), url) });
  const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
  async function count() {
    service.cloud.queues.purge(name);
    const id = await recordWith();
    const [message] = await service.cloud.queues.receive(name, { max: 1, waitSeconds: 1 });
    awsCalls = [];
    // biome-ignore lint/suspicious/noExplicitAny: the rest of a record is not read
    await handler({ Records: [message] } as any, context);
    const made = [...awsCalls];
    expect((await stored(id)).status).toBe('succeeded');
    return made;
  }
  const fresh = await count();
  expect(fresh.toSorted()).toEqual([
    ...Array(4).fill('dynamodb:UpdateItem'), // claimed, the content's holder, asked, succeeded
    's3:GetObject',
    's3:PutObject', // the picture that people see, while the model is asked
    'sqs:ChangeMessageVisibility',
  ]);
  expect(fresh.at(-1)).toBe('dynamodb:UpdateItem');
  expect(await count()).toEqual([
    'dynamodb:UpdateItem', // claimed
    's3:GetObject',
    'dynamodb:UpdateItem', // who holds the content?
    'dynamodb:GetItem', // the answer
    'dynamodb:UpdateItem', // succeeded
  ]);
});

test("a look-up reads one item beside the key's", async () => {
  const { createHandler } = await import('../../functions/get-analysis.ts');
  const handler = createHandler({ ...service, now: Date.now });
  await service.addKey('sk_look_up', 'looker');
  const id = await recordWith({ clientId: 'looker' });
  awsCalls = [];
  const answer = await handler(
    {
      headers: { authorization: 'Bearer sk_look_up' },
      pathParameters: { id },
      requestContext: { requestId: 'r', timeEpoch: Date.now() },
    } as never,
    { getRemainingTimeInMillis: () => 29_000 } as Context,
  );
  expect(answer).toMatchObject({ statusCode: 200 });
  expect(awsCalls).toEqual(['dynamodb:GetItem', 'dynamodb:GetItem']);
});

describe('a result too large for the table', () => {
  const large = { text: 'x'.repeat(MAX_INLINE_RESULT_BYTES) };
  const plain = findBuiltIn('describe');
  if (!plain) throw new Error('no analyzer');
  const parse = () => ({ result: large, caption: 'Long.' });
  const createQuestion = () => ({ ...plain.createQuestion({}), parse });
  const lengthy = () => ({ ...deps, findAnalyzer: async () => ({ ...plain, createQuestion }) });

  test('is copied, and outlives the analysis that was paid for', async () => {
    const [first, second] = [await recordWith(), await recordWith()];
    await deliver(first, lengthy());
    await deliver(second, lengthy());
    const sha256 = sha256Of(photo);
    const third = String((await announce({ sha256 })).body.id);
    await deleteAnalysis(deps, 'client', first);
    for (const id of [second, third]) {
      const { cached, resultKey = '' } = await stored(id);
      expect(cached).toBe(true);
      expect(await service.results.read(resultKey)).toEqual(large);
      const { deleted } = await deleteAnalysis(deps, 'client', id);
      expect(deleted).toMatchObject({ result: 1 });
      await expect(service.results.read(resultKey)).rejects.toThrow();
    }
    expect(calls).toBe(1);
  });
});

async function announce(
  changes: object,
  { clientId = 'client', fresh = false, origin }: Announced = {},
) {
  const request = uploadRequest.parse({ filename: 'a.jpg', contentType: 'image/jpeg', ...changes });
  const { status, body } = await announceUpload(deps, clientId, { ...request, fresh }, origin);
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
  return { status, body: body as any };
}

interface Announced {
  clientId?: string;
  fresh?: boolean;
  origin?: Origin;
}

describe('an upload is announced with its sha256, and', () => {
  test('its answer is known: it is counted once, however often the request is sent', async () => {
    await analyse();
    const now = Date.now();
    const origin = { at: now, entropy: randomBytes(10) };
    const read = async () => {
      const { days } = await service.spending.read('client', dayOf(now));
      return days[dayOf(now)]?.cached ?? 0;
    };
    const before = await read();
    const sha256 = sha256Of(photo);
    const ids = [await announce({ sha256 }, { origin }), await announce({ sha256 }, { origin })];
    expect(ids[0]?.body).toEqual(ids[1]?.body);
    expect(await read()).toBe(before + 1);
  });

  test('its answer is known: a finished record is made, and no file is asked for', async () => {
    const first = await analyse();
    const sha256 = sha256Of(photo).toUpperCase();
    const own = { tags: ['own'], contentLength: photo.length, filename: 'own.jpg' };
    const { status, body } = await announce({ sha256, ...own });
    const links = { self: `/v1/analyses/${body.id}` };
    expect({ status, body }).toEqual({
      status: 200,
      body: { id: body.id, status: 'succeeded', cached: true, upload: null, links },
    });
    expect(await stored(body.id)).toMatchObject({
      cached: true,
      result: first.result,
      completedAt: expect.any(String),
      tags: ['own'],
      source: { ...first.source, key: uploadKey(body.id), filename: 'own.jpg' },
      fileKey: first.source.key,
      usage: { costUsd: 0 },
    });
    expect(first.stageMs).toEqual({
      validating: expect.any(Number),
      converting: expect.any(Number),
      analyzing: expect.any(Number),
      storing: expect.any(Number),
    });
    const { items } = await service.lists.list({ clientId: 'client', limit: 1, now: Date.now() });
    expect(items).toMatchObject([{ id: body.id, status: 'succeeded' }]);
    const deleted = { record: 1, content: 0, object: 0, result: 0, picture: 0 };
    expect((await deleteAnalysis(deps, 'client', body.id)).deleted).toEqual(deleted);
    expect((await announce({ sha256 })).status).toBe(200);
    expect(calls).toBe(1);
  });

  test.each([
    ['by another client', {}, { clientId: 'other' }],
    ['with another prompt', { prompt: 'How many?' }, {}],
    ['with another length', { contentLength: 1 }, {}],
    ['to be asked anew', {}, { fresh: true }],
  ])('it is announced %s: the file is asked for', async (_, changes, how) => {
    await analyse();
    const { status, body } = await announce({ sha256: sha256Of(photo), ...changes }, how);
    expect({ status, upload: body.upload }).toMatchObject({ status: 201, upload: { fields: {} } });
  });

  test('the answer is not there yet, failed or deleted: the file is asked for', async () => {
    const sha256 = sha256Of(photo);
    expect((await announce({ sha256 })).status).toBe(201);
    const id = await holderWith({ status: 'processing', ...alive() });
    expect((await announce({ sha256 })).status).toBe(201);
    await service.analyses.settle(id, { status: 'failed' }, { leaseToken: 'other' });
    expect((await announce({ sha256 })).status).toBe(201);
    const first = await analyse();
    expect((await announce({ sha256 })).status).toBe(200);
    await deleteAnalysis(deps, 'client', first.id);
    expect((await announce({ sha256 })).status).toBe(201);
  });
});
