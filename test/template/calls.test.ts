import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AwsCall } from 'laptop-cloud/cloud';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createClientKeys } from '../../infra/stage/client-keys.ts';
import { dropAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { SCOPES } from '../../lib/auth/key-store.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import { dayOf } from '../../lib/budget/budget.ts';
import { nameSum } from '../../lib/budget/spending-store.ts';
import { post } from '../support/client.ts';
import type { Plan } from '../support/faulty-aws.ts';
import { startIssuer } from '../support/issuer.ts';
import { listAll } from '../support/list-objects.ts';
import { sign } from '../support/sign.ts';
import { findLeftovers } from '../support/snapshot.ts';
import { writeWave } from '../support/sound.ts';
import { CALLS, RARE_CALLS } from './calls.ts';
import {
  CLIENT_ID,
  DAY_USD,
  type RecordedService,
  startRecordedService,
} from './recorded-service.ts';

// A run through everything that the functions do with AWS, recorded by the laptop's endpoint. AWS applies
// every call, and loses its answer once: what comes of the run is what comes of it without.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // ten functions start anew, beside other tests
const PATIENCE = { timeout: 50_000, interval: 50 };
const photo = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const picture = { filename: 'rocket.jpg', contentType: 'image/jpeg', bytes: photo };
const LARGE = 400_000; // bytes: above what an item of the table holds
const LARGE_VIDEO = { contentType: 'video/mp4', contentLength: 100 * 1_048_576 + 1 };
const HUGE = 3_000_000; // takes its time on the way to S3

const recorded = new Set<string>();
let onCall: (call: AwsCall) => void = () => {};
let isLossy = true;
/** Analyses whose records were taken away behind the functions' back. */
const gone: string[] = [];
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let service: RecordedService;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let s3: S3Client;
let sqs: SQSClient;
let table: DynamoDBClient;

beforeAll(async () => {
  issuer = await startIssuer();
  const record = (call: AwsCall) => {
    if (call.caller) recorded.add(`${call.caller}: ${describeCall(call)}`);
    onCall(call);
  };
  const params = { jwtIssuer: issuer.url, jwtAudience: 'sightline' };
  // The answer to every call is lost once: what follows is as without.
  const lose: Plan = ({ nth }) => (isLossy && nth % 2 ? 'applied' : undefined);
  service = await startRecordedService(record, params, lose);
  s3 = new S3Client(service.sdk);
  sqs = new SQSClient(service.sdk);
  table = new DynamoDBClient(service.sdk);
});
afterAll(async () => {
  await service?.stop();
  await issuer?.close();
});

// Each step builds on what works: after a failure the others would only wait for their time-outs.
let hasFailed = false;
beforeEach(({ skip }) => skip(hasFailed, 'an earlier step failed'));
afterEach(({ task }) => {
  hasFailed ||= (task.result?.errors?.length ?? 0) > 0;
});

// biome-ignore lint/suspicious/noExplicitAny: each service's own
type Input = any;

/** As the table in calls.ts writes it. */
function describeCall({ service: aws, operation, status, input }: AwsCall): string {
  const { IndexName, Key, Item, Bucket, QueueUrl } = input as Input;
  const name = `${aws}:${operation}`;
  if (aws === 'secretsmanager')
    return `${name} ${/door/.test((input as Input).SecretId) ? 'DoorSecret' : 'GeminiSecret'}`;
  if (aws === 'sqs') return `${name} ${nameQueue(QueueUrl)}`;
  if (aws === 'dynamodb') return `${name} ${IndexName ?? (Key ?? Item).pk.S.split('#')[0]}`;
  const bucket = /-(uploads|results)-\d+$/.exec(Bucket)?.[1] ?? Bucket;
  const place = Key ? `${bucket}/${Key.split('/')[0]}` : bucket;
  return `${name} ${place}${status === 404 ? ' missing' : ''}`;
}

function nameQueue(url: string): string {
  const { refOf } = service.played;
  const names = ['UploadQueue', 'UploadDeadLetterQueue', 'WebhookQueue'];
  return names.find((name) => refOf(name) === url) ?? url;
}

const seen = (call: string) => expect.poll(() => recorded, PATIENCE).toContain(call);

async function announce(more: object = {}, query = ''): Promise<Input> {
  const body = { filename: picture.filename, contentType: picture.contentType, ...more };
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return (await service.call(`/v1/uploads${query}`, init)).json();
}

async function waitForEnd(id: string): Promise<Input> {
  let analysis: Input;
  const look = async () => {
    analysis = await (await service.call(`/v1/analyses/${id}?wait=5`)).json();
    return analysis.status;
  };
  await expect.poll(look, PATIENCE).toMatch(/succeeded|failed|rejected/);
  return analysis;
}

async function remove(id: string): Promise<number> {
  return (await service.call(`/v1/analyses/${id}`, { method: 'DELETE' })).status;
}

/** Tells a queue of an object, as S3 does. */
async function tell(queue: string, key: string): Promise<string> {
  const bucket = service.played.refOf('UploadBucket');
  const record = { eventName: 'ObjectCreated:Put', eventTime: '2026-11-22T12:00:00.000Z' };
  const object = { key, size: photo.length, sequencer: '00AB' };
  const Records = [{ ...record, s3: { bucket: { name: bucket }, object } }];
  const QueueUrl = service.played.refOf(queue);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ Records }) }));
  return dropAnalysisId({ ...object, bucket, eventTime: record.eventTime });
}

async function drop(Key: string, Body: Uint8Array = photo): Promise<void> {
  const Bucket = service.played.refOf('UploadBucket');
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function findDropped(key: string): Promise<Input[]> {
  const list: Input = await (await service.call(`/v1/analyses?key=${key}`)).json();
  return list.data.filter(({ status }: Input) => status === 'succeeded');
}

async function putAnalyzer(name: string): Promise<void> {
  const schema = { type: 'object', properties: { what: { type: 'string' } } };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ prompt: 'What is it?', schema });
  const path = `/v1/analyzers/${name}`;
  for (const status of [201, 200])
    expect((await service.call(path, { method: 'PUT', headers, body })).status).toBe(status);
  expect((await service.call(path)).status).toBe(200);
  expect((await service.call('/v1/analyzers')).status).toBe(200);
}

test('the same request twice, with a key that says so', async () => {
  const keyed = async (path: string, body: string | FormData) => {
    const type = typeof body === 'string' ? { 'content-type': 'application/json' } : undefined;
    const headers = { ...type, 'idempotency-key': path };
    const send = () => service.call(path, { method: 'POST', headers, body });
    return [(await send()).status, (await send()).status];
  };
  const announced = { filename: picture.filename, contentType: picture.contentType };
  expect(await keyed('/v1/uploads', JSON.stringify(announced))).toEqual([201, 201]);
  expect(await keyed('/v1/uploads/x/parts', '{"parts":[{"number":1}]}')).toEqual([404, 404]);
  expect(await keyed('/v1/uploads/x/complete', '{}')).toEqual([404, 404]);
  expect(await keyed('/v1/tokens', '{}')).toEqual([201, 201]);
  expect(await keyed('/v1/webhooks', '{"url":"no address"}')).toEqual([400, 400]);
  expect(await keyed('/v1/webhooks/x/deliveries/y/replay', '')).toEqual([404, 404]);
  const form = new FormData();
  form.append('file', new Blob([photo]), 'rocket.jpg');
  form.append('prompt', 'Twice?'); // not what later steps ask: that would be paid already
  expect(await keyed('/v1/analyze', form)).toEqual([200, 200]);
});

test('an upload, from its announcement to its deletion', async () => {
  const { id, upload } = await announce();
  expect((await post(upload, picture)).ok).toBe(true);
  const { status, links } = await waitForEnd(id);
  expect(status).toBe('succeeded');
  expect((await fetch(links.picture)).status).toBe(200);
  const { data }: Input = await (await service.call('/v1/analyses')).json();
  expect((await fetch(data[0].links.thumbnail)).status).toBe(200);
  expect((await service.call('/v1/usage')).status).toBe(200);
  expect(await remove(id)).toBe(200);
});

test('an upload that was deleted before it came', async () => {
  const { id, upload } = await announce();
  expect(await remove(id)).toBe(200);
  await seen('delete-analysis: s3:HeadObject uploads/uploads missing');
  expect((await post(upload, picture)).ok).toBe(true);
  await seen('process-upload: s3:DeleteObject uploads/uploads');
  await tell('UploadQueue', uploadKey(id)); // the same event comes a second time
  await seen('process-upload: s3:HeadObject uploads/uploads missing');
});

test('an upload in parts: signed, sent, listed and completed, or cancelled, or deleted', async () => {
  const parted = async () => {
    const video = { analyzer: 'describe', ...LARGE_VIDEO };
    const { id } = await announce(video);
    // As if it had been announced so small: what S3 does with large ones, it does with these.
    const UpdateExpression = 'SET multipart.bytes = :few';
    const ExpressionAttributeValues = { ':few': { N: '5' } };
    const Key = { pk: { S: `analysis#${id}` } };
    const TableName = service.played.refOf('Table');
    await table.send(
      new UpdateItemCommand({ TableName, Key, UpdateExpression, ExpressionAttributeValues }),
    );
    return id;
  };
  const ask = async (path: string, method = 'POST', body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const init = { method, ...(body && { headers, body: JSON.stringify(body) }) };
    return (await service.call(`/v1/uploads/${path}`, init)).json() as Input;
  };
  const id = await parted();
  const { parts } = await ask(`${id}/parts`, 'POST', { parts: [{ number: 1 }] });
  expect((await fetch(parts[0].url, { method: 'PUT', body: '12345' })).status).toBe(200);
  expect((await ask(`${id}/parts`, 'GET')).parts).toMatchObject([{ number: 1, bytes: 5 }]);
  expect(await ask(`${id}/complete`)).toMatchObject({ id });
  expect(await waitForEnd(id)).toMatchObject({ status: 'rejected' });
  const cancelled = await parted();
  expect(await ask(cancelled, 'DELETE')).toMatchObject({ deleted: { object: 1 } });
  expect(await remove(await parted())).toBe(200);
  await parted(); // for the call that deletes all
});

test('an upload in parts whose time is over', async () => {
  const video = { analyzer: 'describe', ...LARGE_VIDEO };
  const { id } = await announce(video);
  const Bucket = service.played.refOf('UploadBucket');
  const Prefix = uploadKey(id);
  const listed = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
  // Two: the one whose answer was lost stays empty until the bucket's lifecycle ends it.
  expect(listed.Uploads).toHaveLength(2);
  for (const { Key, UploadId } of listed.Uploads ?? [])
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  for (const [method, path] of [
    ['GET', 'parts'],
    ['POST', 'complete'],
  ] as const)
    expect((await service.call(`/v1/uploads/${id}/${path}`, { method })).status).toBe(410);
});

test('a result too large for the table, stored, copied, read and deleted', async () => {
  const large = { analyzer: 'large', prompt: String(LARGE) };
  for (const cached of [false, true]) {
    const form = new FormData();
    form.append('file', new Blob([photo], { type: 'image/jpeg' }), 'rocket.jpg');
    for (const [name, value] of Object.entries(large)) form.append(name, value);
    const response = await service.call('/v1/analyze', { method: 'POST', body: form });
    const analysis: Input = await response.json();
    expect(analysis).toMatchObject({ status: 'succeeded', cached });
    expect((await fetch(analysis.links.picture)).status).toBe(200);
    expect(analysis.result.filler).toHaveLength(LARGE);
  }
  const sha256 = createHash('sha256').update(photo).digest('hex');
  const { id, upload } = await announce({ ...large, sha256 });
  expect(upload).toBeNull();
  expect((await waitForEnd(id)).result.filler).toHaveLength(LARGE);
  expect(await remove(id)).toBe(200);
});

test('a large result whose analysis goes while it is stored', async () => {
  const TableName = service.played.refOf('Table');
  onCall = ({ caller, operation, input }) => {
    const { Key, ExpressionAttributeValues } = input as Input;
    const isStoring = ExpressionAttributeValues?.[':stage']?.S === 'storing';
    if (caller === 'process-upload' && operation === 'UpdateItem' && isStoring)
      void table.send(new DeleteItemCommand({ TableName, Key }));
  };
  const removed = 'process-upload: s3:DeleteObject results/results';
  isLossy = false; // else the loss alone would tell the worker that the record is gone
  // A race, which the worker may win: then once more.
  for (let tries = 0; tries < 5 && !recorded.has(removed); tries += 1) {
    const { id, upload } = await announce({ analyzer: 'large', prompt: String(HUGE) });
    gone.push(id);
    await post(upload, picture);
    await expect
      .poll(() => recorded.has(removed), { timeout: 4_000 })
      .toBe(true)
      .catch(() => {});
  }
  onCall = () => {};
  isLossy = true;
  expect(recorded).toContain(removed);
});

test('a recording, sent and dropped, and the links to play it by', async () => {
  const sent = { filename: 'sound.wav', contentType: 'audio/wav', bytes: writeWave(1) };
  const { bytes: _, ...told } = sent;
  const { id, upload } = await announce({ ...told, analyzer: 'transcribe' });
  await Promise.all([post(upload, sent), drop('drop/transcribe/sound.wav', writeWave(2))]);
  await expect.poll(() => findDropped('drop/transcribe/sound.wav'), PATIENCE).toHaveLength(1);
  const [dropped] = await findDropped('drop/transcribe/sound.wav');
  for (const { links } of [await waitForEnd(id), await waitForEnd(dropped.id)])
    expect((await fetch(links.file)).headers.get('content-type')).toMatch(/^audio\//);
});

test('a dropped file, told of again after its analysis was deleted', async () => {
  const key = 'drop/rocket.jpg';
  await drop(key);
  await expect.poll(() => findDropped(key), PATIENCE).toHaveLength(1);
  const id = await tell('UploadQueue', key);
  await expect.poll(() => findDropped(key), PATIENCE).toHaveLength(2);
  expect(await remove(id)).toBe(200);
  await seen('delete-analysis: s3:DeleteObject uploads/drop');
  await drop(key);
  await expect.poll(() => findDropped(key), PATIENCE).toHaveLength(2);
  await tell('UploadQueue', key);
  await seen('process-upload: s3:DeleteObject uploads/drop');
  await seen('process-upload: s3:DeleteObject results/pictures');
});

test("a client's own analyzer, named by an upload, by a form and by a folder", async () => {
  await putAnalyzer('own');
  const { id, upload } = await announce({ analyzer: 'own' });
  await post(upload, picture);
  expect(await waitForEnd(id)).toMatchObject({ status: 'succeeded', analyzer: { name: 'own' } });
  const estimate = { analysisId: id, analyzer: 'own' };
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(estimate) };
  expect((await service.call('/v1/estimates', init)).status).toBe(200);
  const form = new FormData();
  form.append('file', new Blob([photo], { type: 'image/jpeg' }), 'rocket.jpg');
  form.append('analyzer', 'own');
  expect((await service.call('/v1/analyze', { method: 'POST', body: form })).status).toBe(200);
  await drop('drop/own/rocket.jpg');
  await expect.poll(() => findDropped('drop/own/rocket.jpg'), PATIENCE).toHaveLength(1);
  await tell('UploadDeadLetterQueue', 'drop/own/given-up.jpg');
  await seen('fail-upload: dynamodb:GetItem analyzer');
});

test('a model that is gone, and another in its place', async () => {
  service.gemini.script([{ kind: 'status', status: 404 }]);
  const { id, upload } = await announce({ prompt: 'Which of you is still there?' });
  await post(upload, picture);
  expect(await waitForEnd(id)).toMatchObject({ status: 'succeeded' });
  await seen('process-upload: dynamodb:PutItem model-pause');
  await seen('process-upload: dynamodb:GetItem model-pause');
});

test('a dropped file that is gone', async () => {
  await tell('UploadQueue', 'drop/gone.jpg');
  await seen('process-upload: dynamodb:DeleteItem analysis');
});

/** Answers what the path says, and keeps the paths and the events. */
async function startReceiver() {
  const paths: string[] = [];
  const events: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    paths.push(path);
    events.push(`${path} ${request.headers['webhook-id']}`);
    response.writeHead(Number(path.slice(1)) || 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { paths, events, url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

test('webhooks: told, disabled, tried again, listed and sent once more', async () => {
  receiver = await startReceiver();
  for (const path of ['200', '410']) {
    const init = { method: 'POST', body: JSON.stringify({ url: `${receiver.url}/${path}` }) };
    const headers = { 'content-type': 'application/json' };
    expect((await service.call('/v1/webhooks', { ...init, headers })).status).toBe(201);
  }
  const callbackUrl = `${receiver.url}/500`;
  const { id, upload } = await announce({ prompt: 'Who wants to know?', callbackUrl });
  await post(upload, picture);
  await waitForEnd(id);
  await expect
    .poll(() => [...new Set(receiver.paths)].toSorted(), PATIENCE)
    .toEqual(['/200', '/410', '/500']);
  await seen('deliver-webhook: dynamodb:PutItem webhooks');
  await seen('deliver-webhook: sqs:ChangeMessageVisibility WebhookQueue');
  const path = '/v1/webhooks/callback/deliveries';
  const listed: Input = await (await service.call(path)).json();
  const replay = `${path}/${listed.data[0].eventId}/replay`;
  expect((await service.call(replay, { method: 'POST' })).status).toBe(202);
});

test('what was given up: a dropped file and an upload', async () => {
  await tell('UploadDeadLetterQueue', 'drop/given-up.jpg');
  await seen('fail-upload: dynamodb:PutItem analysis');
  const { id } = await announce();
  await tell('UploadDeadLetterQueue', uploadKey(id));
  expect(await waitForEnd(id)).toMatchObject({ status: 'failed', error: { code: 'internal' } });
});

test('a webhook that goes', async () => {
  const { data }: Input = await (await service.call('/v1/webhooks')).json();
  for (const { id } of data)
    expect((await service.call(`/v1/webhooks/${id}`, { method: 'DELETE' })).status).toBe(200);
  receiver.close();
});

test('every door, with a token, with a signature and with a JWT', async () => {
  const headers = { 'content-type': 'application/json' };
  const scopes = ['upload', 'read', 'delete'];
  const init = { method: 'POST', headers, body: JSON.stringify({ scopes }) };
  const { token }: Input = await (await service.call('/v1/tokens', init)).json();
  await visitDoors(() => ({ authorization: `Bearer ${token}` }));
  const keys = createClientKeys(await openRecorded());
  await keys.decide('signer', { signing: true });
  const { key, keyId } = await keys.create('signer', SCOPES);
  const secret = await keys.readSigningSecret('signer');
  await visitDoors((method, path) => ({
    authorization: `Bearer ${key}`,
    ...sign({ method, path, keyId, secret }),
  }));
  const claims = { client_id: 'signer', scope: SCOPES.join(' ') };
  await visitDoors(() => ({ authorization: `Bearer ${issuer.mint(claims)}` }));
});

/** Every route behind a door; what it answers, once it has let this visitor in, does not matter. */
async function visitDoors(identify: (method: string, path: string) => Record<string, string>) {
  const guarded = service.played.functions.filter(({ name }) =>
    Object.keys(CALLS[name] ?? {}).some((call) => call.endsWith('client-key')),
  );
  expect(guarded.length).toBeGreaterThan(6);
  for (const route of guarded.flatMap(({ routes }) => routes)) {
    const [method = '', path = ''] = route.replaceAll(/\{\w+\}/g, 'x').split(' ');
    const { status } = await service.visit(path, { method, headers: identify(method, path) });
    expect(`${route} ${status}`).not.toMatch(/ (401|5\d\d)$/);
  }
}

async function openRecorded() {
  const { played, sdk } = service;
  const SecretId = played.refOf('DoorSecret');
  const secrets = new SecretsManagerClient(sdk);
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  const tableName = played.refOf('Table');
  const readDoorSecret = async () => SecretString;
  return { stage: 'recorded', table: connectTable(sdk), tableName, readDoorSecret };
}

test('readiness, health and a route that is not there', async () => {
  expect((await service.call('/health/ready')).status).toBe(200);
  expect((await service.call('/health')).status).toBe(200);
  expect((await service.call('/openapi.json')).status).toBe(200);
  expect((await service.call('/nowhere')).status).toBe(404);
});

test('an upload that the budget does not bear', async () => {
  const { id, upload } = await announce({ prompt: 'What is not yet paid for?' });
  const TableName = service.played.refOf('Table');
  const charge = async (microUsd: number) => {
    const day = dayOf(Date.now());
    const Key = { pk: { S: `spending#${CLIENT_ID}#${day.slice(0, 7)}` } };
    const UpdateExpression = `ADD ${nameSum('chargedMicroUsd', day)} :more`;
    const ExpressionAttributeValues = { ':more': { N: String(microUsd) } };
    const change = { TableName, Key, UpdateExpression, ExpressionAttributeValues };
    await table.send(new UpdateItemCommand(change));
  };
  await charge(DAY_USD * 1e6);
  await post(upload, picture);
  expect((await waitForEnd(id)).error.code).toBe('budget_exhausted');
  await charge(-DAY_USD * 1e6);
  // The one that failed holds the content: another takes its place.
  const again = await announce({ prompt: 'What is not yet paid for?' });
  await post(again.upload, picture);
  expect(await waitForEnd(again.id)).toMatchObject({ status: 'succeeded', cached: false });
});

test('a refused key, of which the log tells in the words that the alarm looks for', async () => {
  const refusal = { kind: 'status', status: 400, reason: 'API_KEY_INVALID' } as const;
  service.gemini.script(() => refusal);
  const { id, upload } = await announce({}, '?fresh=true');
  await post(upload, picture);
  expect((await waitForEnd(id)).error.code).toBe('model_auth_failed');
  const alarms = readFileSync(new URL('../../infra/alarms.yml', import.meta.url), 'utf8');
  const wanted = [...alarms.matchAll(/\(\$\.(\w+) = "(\w+)"\)/g)];
  expect(wanted).toHaveLength(2);
  const lines = service.readLog().filter((line) => line.includes(id) && line.startsWith('{'));
  const found = lines
    .map((line) => JSON.parse(line))
    .filter((entry) => wanted.every(([, name = '', value]) => entry[name] === value));
  expect(found).toHaveLength(1);
});

test('for all the lost answers, everything has happened once, and nothing is left over', async () => {
  const resultBucket = service.played.refOf('ResultBucket');
  const { scan } = connectTable(service.sdk);
  const TableName = service.played.refOf('Table');
  const listItems = async () => {
    const items: Input[] = [];
    for await (const item of scan({ TableName })) items.push(item);
    return items;
  };
  const listObjects = () => listAll(s3, resultBucket);
  const findLeft = async () => {
    const left = await findLeftovers({ listItems, listObjects, resultBucket });
    return left.filter((each) => !gone.some((id) => each.includes(id)));
  };
  await expect.poll(findLeft, PATIENCE).toEqual([]); // sums are settled after the end
  const { total }: Input = await (await service.call('/v1/usage')).json();
  const { calls, inputTokens, outputTokens, usd } = service.bill;
  expect(total).toMatchObject({ calls, inputTokens, outputTokens, unconfirmedUsd: 0 });
  expect(total.costUsd).toBeCloseTo(usd, 4);
  const log = service.readLog();
  const { succeeded, failed, rejected } = total.analyses;
  const byWorkers = succeeded + failed + rejected - 1; // one was known when it was announced
  expect(log.filter((line) => line.includes('"AnalysisEnded":1'))).toHaveLength(byWorkers);
  const told = receiver.events.filter((event) => !event.startsWith('/500 ')); // which is tried again
  expect(told).toHaveLength(new Set(told).size);
});

test('all that a client has, deleted at once', async () => {
  const answer = await service.call('/v1/clients/me/data', { method: 'DELETE' });
  expect(await answer.json()).toMatchObject({ complete: true });
  expect(await (await service.call('/v1/analyses')).json()).toEqual({ data: [], nextCursor: null });
});

/** Leaves no token in the client's buckets for minutes. */
async function emptyBuckets(): Promise<void> {
  const TableName = service.played.refOf('Table');
  const fullAt = { N: String((Date.now() + 5 * 60_000) * 1000) };
  for (const policy of ['uploads', 'reads']) {
    const Item = { pk: { S: `rate#${policy}#${CLIENT_ID}` }, fullAt };
    await table.send(new PutItemCommand({ TableName, Item }));
  }
}

// Last, for nothing else can be asked afterwards.
test('more requests than the limits allow, of every function that has one', async () => {
  await emptyBuckets();
  const limited = service.played.functions.filter(
    ({ name }) => 'dynamodb:GetItem rate' in (CALLS[name] ?? {}),
  );
  const refuse = async ({ name, routes: [route = ''] }: (typeof limited)[number]) => {
    const [method = '', path = ''] = route.split(' ');
    const { status } = await service.call(path.replaceAll(/[{}]/g, ''), { method });
    return status === 429 && recorded.has(`${name}: dynamodb:GetItem rate`);
  };
  await Promise.all(limited.map((each) => expect.poll(() => refuse(each), PATIENCE).toBe(true)));
});

test('afterwards each function has made the calls that calls.ts lists, and no others', () => {
  const listed = Object.entries(CALLS).flatMap(([name, calls]) =>
    Object.keys(calls).map((call) => `${name}: ${call}`),
  );
  const made = new Set([...recorded, ...RARE_CALLS]);
  expect([...made].toSorted()).toEqual(listed.toSorted());
});
