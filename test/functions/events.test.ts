import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadKey } from '../../lib/analysis/ids.ts';
import { newAnalysis } from '../../lib/analysis/record.ts';
import { listBuiltIn } from '../../lib/analyzers/registry.ts';
import { listEnds } from '../../lib/gemini/models.ts';
import { startGemini } from '../../local/gemini/server.ts';
import { invoke } from '../support/invoke.ts';
import { type Service, startService } from '../support/service.ts';

// Every event in events/ goes to the very handler that is deployed, wired by the very environment
// that serverless.yml gives it, against the laptop's cloud.

const folder = new URL('../../events/', import.meta.url);
const photo = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const KEY = 'sk_example_000000000000000000000000';
const BUCKET = 'sightline-dev-uploads-123456789012';
const MODELS = ['gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-3.1-flash-lite'];
const ID = 'an_01kaa6cz00q3v5t8m2x9d4h7ke';
const PARTED_ID = 'an_01kaa6cz00q3v5t8m2x9d4h7kg';
let service: Service;
let gemini: Awaited<ReturnType<typeof startGemini>>;

beforeAll(async () => {
  gemini = await startGemini({ apiKey: 'stand-in-key' });
  service = await startService({ geminiBaseUrl: gemini.url });
  await service.addKey(KEY, 'client');
  service.cloud.secrets.putValue(service.played.refOf('GeminiSecret'), 'stand-in-key');
});
afterAll(async () => {
  await service.stop();
  await gemini.close();
});

/** The event, of this service's own bucket: those of others' are ignored. */
function eventOf(file: string) {
  const text = readFileSync(new URL(file, folder), 'utf8');
  return JSON.parse(text.replaceAll(BUCKET, service.uploadBucket));
}
async function answer(name: string, event = eventOf(`${name}.json`)) {
  event.requestContext.timeEpoch = Date.now();
  const { statusCode, body, headers } = await invoke(service, name, event);
  return { status: statusCode, headers, body: body && JSON.parse(body) };
}
async function storePhoto(id = ID) {
  const source = { key: uploadKey(id), filename: 'rocket.jpg' };
  const analyzer = { name: 'describe', version: 1 };
  const now = Date.now();
  await service.analyses.create(newAnalysis({ id, clientId: 'client', source, analyzer, now }));
  await service.uploads.put(uploadKey(id), photo, 'image/jpeg');
}

test('create-upload: 201 with a signed upload', async () => {
  const { status, body } = await answer('create-upload');
  expect(status).toBe(201);
  expect(body).toMatchObject({ status: 'awaiting_upload', upload: { method: 'POST' } });
  expect(body.links.self).toBe(`/v1/analyses/${body.id}`);
});

test('get-analysis: 404 for one that is not there, 200 with an ETag for one that is, 304 for the same', async () => {
  expect(await answer('get-analysis')).toMatchObject({ status: 404 });
  await storePhoto();
  const found = await answer('get-analysis');
  expect(found).toMatchObject({ status: 200, body: { id: ID, status: 'awaiting_upload' } });
  const event = eventOf('get-analysis.json');
  event.headers['if-none-match'] = found.headers.etag;
  event.queryStringParameters.wait = '0.2';
  expect(await answer('get-analysis', event)).toMatchObject({ status: 304, body: undefined });
});

test('put-analyzer, get-analyzer and list-analyzers: a version is made, read and named', async () => {
  expect(await answer('get-analyzer')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  const { status, headers, body } = await answer('put-analyzer');
  expect(status).toBe(201);
  expect(headers.location).toBe('/v1/analyzers/receipts@1');
  expect(await answer('put-analyzer')).toMatchObject({ status: 200, body });
  expect(await answer('get-analyzer')).toMatchObject({ status: 200, body });
  const names = (await answer('list-analyzers')).body.data.map(({ name }: typeof body) => name);
  expect(names).toEqual([...listBuiltIn().map(({ name }) => name), 'receipts']);
});

test('list-analyses: 200 with a page', async () => {
  const { status, body } = await answer('list-analyses');
  expect(status).toBe(200);
  expect(body).toEqual({ data: [], nextCursor: null });
});

test('get-usage: 200 with what was used, and 400 for days that no report can have', async () => {
  const { status, body } = await answer('get-usage');
  expect(status).toBe(200);
  expect(body).toMatchObject({ from: '2026-11-01', to: '2026-11-22', total: { calls: 0 } });
  for (const queryStringParameters of [
    { from: '2026-11-22', to: '2026-11-21' },
    { from: '2025-11-21', to: '2026-11-22' },
    { from: '2026-02-30' },
  ]) {
    const event = { ...eventOf('get-usage.json'), queryStringParameters };
    expect(await answer('get-usage', event)).toMatchObject({ status: 400 });
  }
});

test('create-estimate: 200 with tokens and prices, 404 for an analysis that is not there', async () => {
  const { status, body } = await answer('create-estimate');
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { analyzer: { name: 'describe-document' }, model: MODELS[0], mediaTokens: 16_800 },
  });
  const event = eventOf('create-estimate.json');
  event.body = JSON.stringify({ analysisId: 'an_nobody' });
  expect(await answer('create-estimate', event)).toMatchObject({ status: 404 });
});

test('create-webhook, list-webhooks and delete-webhook: an endpoint is made, shown without its secret, and removed', async () => {
  const { status, body } = await answer('create-webhook');
  expect(status).toBe(201);
  const { secret, ...endpoint } = body;
  expect(secret).toMatch(/^whsec_/);
  expect(await answer('list-webhooks')).toMatchObject({ status: 200, body: { data: [endpoint] } });
  const event = eventOf('delete-webhook.json');
  expect(await answer('delete-webhook', event)).toMatchObject({ status: 404 });
  event.pathParameters.id = body.id;
  expect(await answer('delete-webhook', event)).toMatchObject({ status: 200 });
  expect((await answer('list-webhooks')).body.data).toEqual([]);
});

test('deliver-webhook, list-deliveries and replay-delivery: what is refused is logged, and sent again when asked', async () => {
  const event = eventOf('sqs-webhook.json');
  const { batchItemFailures } = await invoke(service, 'deliver-webhook', event);
  expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[0].messageId }]);
  const [delivery] = (await answer('list-deliveries')).body.data;
  expect(delivery).toMatchObject({ status: 'waiting', attempts: [{ failure: 'refused_target' }] });
  expect(await answer('replay-delivery')).toMatchObject({ status: 202, body: delivery });
});

test('delete-analysis: 200 with what was removed, then 404', async () => {
  await storePhoto(); // where it is there already, this changes nothing
  expect(await answer('delete-analysis')).toMatchObject({
    status: 200,
    body: { id: ID, deleted: { record: 1, object: 1 } },
  });
  expect(await answer('delete-analysis')).toMatchObject({ status: 404 });
});

test.each(['analyze.json', 'analyze-short.json'])(
  '%s: the file goes through bucket and queue, and the call waits for its end',
  async (file) => {
    const waiting = answer('analyze', eventOf(file));
    await processUploadsUntil(waiting);
    const { status, body } = await waiting;
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'succeeded', source: { filename: 'brown.jpg' } });
    expect(body.result.tags).toContain('brown');
    expect(body.model).toMatch(/stand-in/);
  },
);

/** Hands on what S3 sends, in the shape of the queue's poller, until the call has its answer. */
async function processUploadsUntil(answered: Promise<unknown>) {
  const queueName = service.played.refOf('UploadQueue').split('/').at(-1) ?? '';
  let done = false;
  void answered.finally(() => {
    done = true;
  });
  while (!done) {
    const received = await service.cloud.queues.receive(queueName, { max: 10, waitSeconds: 1 });
    if (received.length === 0) continue;
    const shape = eventOf('sqs-s3-put.json').Records[0];
    const Records = received.map((message) => ({ ...shape, ...message }));
    expect(await invoke(service, 'process-upload', { Records })).toEqual({ batchItemFailures: [] });
    for (const { receiptHandle } of received) service.cloud.queues.delete(queueName, receiptHandle);
  }
}

test('create-upload, of a large file: 201 with how to cut it', async () => {
  const { status, body } = await answer('create-upload', eventOf('create-large-upload.json'));
  expect({ status, ...body.upload }).toMatchObject({
    status: 201,
    method: 'MULTIPART',
    partCount: 18,
  });
});

/** An upload in one part of one byte, begun. */
async function beginParts() {
  const key = uploadKey(PARTED_ID);
  const uploadId = await service.parts.start({ key, contentType: 'video/mp4' });
  const source = { key, filename: 'clip.mp4' };
  const analyzer = { name: 'describe', version: 1 };
  const given = { id: PARTED_ID, clientId: 'client', source, analyzer, now: Date.now() };
  const multipart = { uploadId, bytes: 1, partSize: 1 };
  await service.analyses.create({ ...newAnalysis(given), multipart });
}

test('sign-parts, list-parts, complete-upload and cancel-upload: a part is sent, shown, and becomes the file', async () => {
  await beginParts();
  const signed = await answer('sign-parts');
  expect(signed).toMatchObject({ status: 200, body: { parts: [{ number: 1, bytes: 1 }] } });
  const [{ url, method, headers }] = signed.body.parts;
  expect((await fetch(url, { method, headers, body: 'a' })).status).toBe(200);
  expect(await answer('list-parts')).toMatchObject({
    status: 200,
    body: { complete: false, parts: [{ number: 1, bytes: 1 }] },
  });
  expect(await answer('complete-upload')).toMatchObject({ status: 200, body: { id: PARTED_ID } });
  expect((await answer('list-parts')).body).toMatchObject({ complete: true, parts: [] });
  expect(await answer('cancel-upload')).toMatchObject({ status: 200 });
  expect(await answer('cancel-upload')).toMatchObject({ status: 404 });
});

test('sqs-s3-complete.json: what was made of parts is analysed', async () => {
  const id = 'an_01kaa6cz00q3v5t8m2x9d4h7kh';
  await storePhoto(id);
  await invoke(service, 'process-upload', eventOf('sqs-s3-complete.json'));
  expect(await service.analyses.read(id)).toMatchObject({ status: 'succeeded' });
});

test('create-token: 201 with a token that is let in', async () => {
  const { status, body } = await answer('create-token');
  expect(status).toBe(201);
  expect(body).toMatchObject({ scopes: ['upload', 'read'], maxUses: 20 });
  const event = eventOf('list-analyses.json');
  event.headers.authorization = `Bearer ${body.token}`;
  expect(await answer('list-analyses', event)).toMatchObject({ status: 200 });
});

test('delete-data: 200 with what was removed, and nothing is left', async () => {
  await storePhoto('an_01kaa6cz00q3v5t8m2x9d4h7kf');
  const { status, body } = await answer('delete-data');
  expect({ status, ...body }).toMatchObject({ status: 200, complete: true });
  expect(body.deleted.record).toBeGreaterThan(0);
  expect(await answer('list-analyses')).toMatchObject({ body: { data: [] } });
  const deleted = { record: 0, content: 0, object: 0, result: 0, picture: 0 };
  expect((await answer('delete-data')).body).toEqual({ complete: true, deleted });
});

test('get-openapi: 200 without a key', async () => {
  expect(await answer('get-openapi')).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
});

test('get-health: 200 without a key', async () => {
  expect(await answer('get-health')).toMatchObject({ status: 200, body: { status: 'healthy' } });
});

test('get-readiness: 200 with each dependency and each model', async () => {
  const { status, body } = await answer('get-readiness');
  expect(status).toBe(200);
  expect(Object.values(body.dependencies)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect(Object.entries(body.models)).toEqual(MODELS.map((model) => [model, 'ok']));
  expect(body.warnings).toEqual(listEnds(MODELS));
});

test('not-found: 404 as a problem', async () => {
  expect(await answer('not-found')).toMatchObject({
    status: 404,
    headers: { 'content-type': 'application/problem+json' },
    body: { code: 'not_found', status: 404 },
  });
});

test.each(['s3-put.json', 'sqs-s3-put.json'])(
  '%s: the dropped object is analysed',
  async (file) => {
    const event = eventOf(file);
    const { object } = event.Records[0].s3 ?? JSON.parse(event.Records[0].body).Records[0].s3;
    const key = decodeURIComponent(object.key.replaceAll('+', ' '));
    await service.uploads.put(key, photo, 'image/jpeg');
    await invoke(service, 'process-upload', event);
    const found = await service.lists.list({ clientId: 'dropper', limit: 9, key, now: Date.now() });
    expect(found.items).toMatchObject([{ status: 'succeeded', source: { key } }]);
  },
);

test.each(['s3-test-event.json', 'sqs-s3-test-event.json'])('%s: taken quietly', async (file) => {
  const answered = await invoke(service, 'process-upload', eventOf(file));
  expect(answered?.batchItemFailures ?? []).toEqual([]);
});

test('sqs-dead-letter.json: the record says failed', async () => {
  const event = eventOf('sqs-dead-letter.json');
  const body = JSON.parse(event.Records[0].body);
  body.Records[0].s3.object.sequencer = 'FF'; // another write than the one that was analysed above
  event.Records[0].body = JSON.stringify(body);
  expect(await invoke(service, 'fail-upload', event)).toEqual({ batchItemFailures: [] });
  const key = 'drop/rocket launch ü.jpg';
  const listed = { clientId: 'dropper', limit: 9, key, status: 'failed', now: Date.now() } as const;
  expect((await service.lists.list(listed)).items).toMatchObject([{ error: { code: 'internal' } }]);
});

test('a message that is no S3 event is named as failed until the queue gives it up, and then dropped', async () => {
  const event = eventOf('sqs-s3-put.json');
  event.Records[0].body = 'no JSON';
  const { batchItemFailures } = await invoke(service, 'process-upload', event);
  expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[0].messageId }]);
  expect(await invoke(service, 'fail-upload', event)).toEqual({ batchItemFailures: [] });
});

test('every event in the folder is fed to a function above', () => {
  const source = readFileSync(new URL(import.meta.url), 'utf8');
  for (const file of readdirSync(folder))
    expect(source, file).toMatch(new RegExp(`'${file.replace('.json', '(\\.json)?')}'`));
});
