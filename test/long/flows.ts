import { createHash } from 'node:crypto';
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createClientKeys } from '../../infra/stage/client-keys.ts';
import { dropAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { SCOPES } from '../../lib/auth/key-store.ts';
import { dayOf } from '../../lib/budget/budget.ts';
import { nameSum } from '../../lib/budget/spending-store.ts';
import { CLIENT_ID, DAY_USD, type Json, type Lab, type Labs } from '../support/lab.ts';
import { drawMarker } from '../support/pictures.ts';
import { sign } from '../support/sign.ts';
import { writeWave } from '../support/sound.ts';
import { CALLS } from '../template/calls.ts';

// Everything that the functions do with AWS, in short flows: each begins with an empty service.

/** What `before` does is not counted, and suffers no fault; `act` is given what it answers. */
export interface Flow {
  name: string;
  before?(lab: Lab, labs: Labs): Promise<Json>;
  act(lab: Lab, prepared: Json): Promise<void>;
}

const photo = await drawMarker().jpeg().toBuffer();
const picture = { filename: 'photo.jpg', contentType: 'image/jpeg' };
export const sha256 = createHash('sha256').update(photo).digest('hex');
const INSTRUCTIONS = { found: false, note: '' };
export const LARGE = 105_000; // letters of three bytes: more than an item of the table holds, no more than a model says
const LARGE_VIDEO = {
  filename: 'a.mp4',
  contentType: 'video/mp4',
  contentLength: 100 * 1_048_576 + 1,
};

export async function ask(
  lab: Lab,
  method: string,
  path: string,
  body?: object | string,
): Promise<Json> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const response = await lab.call(path, { method, ...(text !== undefined && { body: text }) });
  return response.json();
}

export const announce = (lab: Lab, more: object = {}, query = '') =>
  ask(lab, 'POST', `/v1/uploads${query}`, { ...picture, ...more });
export const read = (lab: Lab, id: string) => ask(lab, 'GET', `/v1/analyses/${id}`);
const remove = (lab: Lab, id: string) => ask(lab, 'DELETE', `/v1/analyses/${id}`);

export async function post(lab: Lab, { upload }: Json, bytes: Uint8Array = photo): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, String(value));
  form.append('file', new Blob([Uint8Array.from(bytes)]), 'file');
  const { status } = await lab.visit(upload.url, { method: 'POST', body: form });
  if (status !== 204) throw new Error(`The form was answered ${status}`);
}

/** An upload from its announcement to what follows its end. */
export async function analyze(
  lab: Lab,
  more: object = {},
  { query = '', end = 'succeeded' } = {},
): Promise<string> {
  const announced = await announce(lab, more, query);
  await post(lab, announced);
  await lab.work(1);
  const Key = { pk: `analysis#${announced.id}` };
  const { Item } = await lab.table.get({ TableName: lab.TableName, Key, ConsistentRead: true });
  if (Item?.status !== end)
    throw new Error(`${Item?.status}, and not ${end}: ${JSON.stringify(Item?.error)}`);
  return announced.id;
}

async function sendForm(lab: Lab, fields: Record<string, string> = {}, headers = {}) {
  const body = new FormData();
  body.append('file', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return lab.call('/v1/analyze', { method: 'POST', body, headers });
}

async function putAnalyzer(lab: Lab, name = 'own'): Promise<void> {
  const schema = { type: 'object', properties: { what: { type: 'string' } } };
  await ask(lab, 'PUT', `/v1/analyzers/${name}`, { prompt: 'What is it?', schema });
}

/** A client's own analyzer, to which the model gives answers that are too large for the table. */
export async function prepareLarge(lab: Lab): Promise<void> {
  await putAnalyzer(lab);
  const result = { what: '語'.repeat(LARGE) };
  const answer = { caption: 'Large.', result, instructions_in_image: INSTRUCTIONS };
  lab.state.model = () => ({ kind: 'answer', answer });
}

export async function analyzeLarge(lab: Lab): Promise<string> {
  await prepareLarge(lab);
  return analyze(lab, { analyzer: 'own' });
}

/** Tells a queue of an object, as S3 does. */
async function tell(lab: Lab, queue: string, key: string): Promise<string> {
  const record = { eventName: 'ObjectCreated:Put', eventTime: '2026-11-22T12:00:00.000Z' };
  const object = { key, size: photo.length, sequencer: '00AB' };
  const Records = [{ ...record, s3: { bucket: { name: lab.uploadBucket }, object } }];
  const QueueUrl = lab.played.refOf(queue);
  const sqs = new SQSClient(lab.sdk);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ Records }) }));
  sqs.destroy();
  return dropAnalysisId({ ...object, bucket: lab.uploadBucket, eventTime: record.eventTime });
}

async function addWebhook(lab: Lab, path = '200'): Promise<string> {
  return (await ask(lab, 'POST', '/v1/webhooks', { url: `${lab.receiver}/${path}` })).id;
}

/** An upload in parts, of five bytes: what S3 does with large ones, it does with these. */
async function announceParts(lab: Lab): Promise<string> {
  const { id } = await announce(lab, { ...LARGE_VIDEO, analyzer: 'describe' });
  await lab.table.update({
    TableName: lab.TableName,
    Key: { pk: `analysis#${id}` },
    UpdateExpression: 'SET multipart.#bytes = :few',
    ExpressionAttributeNames: { '#bytes': 'bytes' },
    ExpressionAttributeValues: { ':few': 5 },
  });
  return id;
}

async function sendPart(lab: Lab, id: string): Promise<void> {
  const { parts } = await ask(lab, 'POST', `/v1/uploads/${id}/parts`, { parts: [{ number: 1 }] });
  const { status } = await lab.visit(parts[0].url, { method: 'PUT', body: '12345' });
  if (status !== 200) throw new Error(`The part was answered ${status}`);
}

async function charge(lab: Lab, microUsd: number): Promise<void> {
  const day = dayOf(Date.now());
  await lab.table.update({
    TableName: lab.TableName,
    Key: { pk: `spending#${CLIENT_ID}#${day.slice(0, 7)}` },
    UpdateExpression: 'ADD #sum :more',
    ExpressionAttributeNames: { '#sum': nameSum('chargedMicroUsd', day) },
    ExpressionAttributeValues: { ':more': microUsd },
  });
}

async function replay(lab: Lab): Promise<void> {
  const path = '/v1/webhooks/callback/deliveries';
  const { data } = await ask(lab, 'GET', path);
  await ask(lab, 'POST', `${path}/${data[0].eventId}/replay`);
  await lab.work();
}

const FILES: Flow[] = [
  {
    name: 'an upload, and whoever is told of its end',
    before: (lab) => addWebhook(lab),
    act: async (lab) => {
      const id = await analyze(lab, { callbackUrl: `${lab.receiver}/200` });
      await read(lab, id);
      await ask(lab, 'GET', '/v1/analyses');
      await ask(lab, 'GET', '/v1/usage');
    },
  },
  {
    name: 'an upload that is asked for anew',
    before: (lab) => analyze(lab),
    act: async (lab) => void (await analyze(lab, {}, { query: '?fresh=true' })),
  },
  {
    name: 'an upload of the same bytes',
    before: (lab) => analyze(lab),
    act: async (lab) => void (await analyze(lab)),
  },
  {
    name: 'an upload whose answer is known by its sha256',
    before: (lab) => analyze(lab),
    act: async (lab) => void (await announce(lab, { sha256 })),
  },
  {
    name: 'a form, twice with a key that says so',
    act: async (lab) => {
      const headers = { 'idempotency-key': 'form' };
      await Promise.all([sendForm(lab, {}, headers), lab.work(1)]);
      await sendForm(lab, {}, headers);
    },
  },
  {
    name: 'a large result, stored, shown and deleted',
    before: prepareLarge,
    act: async (lab) => {
      const id = await analyze(lab, { analyzer: 'own' });
      await read(lab, id);
      await remove(lab, id);
    },
  },
  {
    name: 'a large result by a form',
    before: prepareLarge,
    act: async (lab) => {
      await Promise.all([sendForm(lab, { analyzer: 'own' }), lab.work(1)]);
    },
  },
  {
    name: 'a large result of the same bytes',
    before: analyzeLarge,
    act: async (lab) => void (await analyze(lab, { analyzer: 'own' })),
  },
  {
    name: 'a large result that is known by its sha256',
    before: analyzeLarge,
    act: async (lab) => void (await announce(lab, { analyzer: 'own', sha256 })),
  },
  {
    name: 'a large result after one that an earlier try stored',
    before: async (lab) => {
      await prepareLarge(lab);
      const announced = await announce(lab, { analyzer: 'own' });
      const resultKey = `results/${announced.id}/earlier.json`;
      await lab.put(resultKey, Buffer.from('{}'), lab.resultBucket);
      await lab.table.update({
        TableName: lab.TableName,
        Key: { pk: `analysis#${announced.id}` },
        UpdateExpression: 'SET resultKey = :key',
        ExpressionAttributeValues: { ':key': resultKey },
      });
      return announced;
    },
    act: async (lab, announced) => {
      await post(lab, announced);
      await lab.work(1);
    },
  },
  {
    name: 'an analysis that is deleted',
    before: async (lab) => {
      await addWebhook(lab);
      return analyze(lab, { callbackUrl: `${lab.receiver}/200` });
    },
    act: async (lab, id) => void (await remove(lab, id)),
  },
  {
    name: 'an upload that is deleted before it comes',
    before: (lab) => announce(lab),
    act: async (lab, announced) => {
      await remove(lab, announced.id);
      await post(lab, announced);
      await lab.work(1);
    },
  },
  {
    name: 'an upload in parts',
    act: async (lab) => {
      const id = await announceParts(lab);
      await sendPart(lab, id);
      await ask(lab, 'GET', `/v1/uploads/${id}/parts`);
      await ask(lab, 'POST', `/v1/uploads/${id}/complete`);
      await lab.work(1);
    },
  },
  {
    name: 'an upload in parts that is cancelled',
    before: announceParts,
    act: async (lab, id) => void (await ask(lab, 'DELETE', `/v1/uploads/${id}`)),
  },
  {
    name: 'an upload in parts that is deleted',
    before: announceParts,
    act: async (lab, id) => void (await remove(lab, id)),
  },
  {
    name: 'an upload in parts whose time is over',
    before: async (lab) => {
      const id = await announceParts(lab);
      const [Bucket, Prefix] = [lab.uploadBucket, uploadKey(id)];
      const { Uploads = [] } = await lab.s3.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix }),
      );
      for (const { Key, UploadId } of Uploads)
        await lab.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      return id;
    },
    act: async (lab, id) => {
      await ask(lab, 'GET', `/v1/uploads/${id}/parts`);
      await ask(lab, 'POST', `/v1/uploads/${id}/complete`);
      await ask(lab, 'DELETE', `/v1/uploads/${id}`);
    },
  },
  {
    name: 'a dropped file, listed and deleted',
    act: async (lab) => {
      await lab.put('drop/photo.jpg', photo);
      await lab.work(1);
      const { data } = await ask(lab, 'GET', '/v1/analyses?key=drop/photo.jpg');
      await remove(lab, data[0].id);
    },
  },
  {
    name: 'a dropped file that is told of after its deletion',
    before: async (lab) => {
      await lab.put('drop/photo.jpg', photo);
      await lab.work(1);
      const id = await tell(lab, 'UploadQueue', 'drop/photo.jpg');
      await lab.work(1);
      await remove(lab, id);
      await lab.put('drop/photo.jpg', photo);
      await lab.work(1);
    },
    act: async (lab) => {
      await tell(lab, 'UploadQueue', 'drop/photo.jpg');
      await lab.work(1);
    },
  },
  {
    name: 'a dropped file that is gone',
    act: async (lab) => {
      await tell(lab, 'UploadQueue', 'drop/gone.jpg');
      await lab.work(1);
    },
  },
  {
    name: 'a dropped recording',
    act: async (lab) => {
      await lab.put('drop/transcribe/sound.wav', writeWave(1));
      await lab.work(1);
    },
  },
  {
    name: 'a recording that is uploaded',
    act: async (lab) => {
      const told = { filename: 'a.wav', contentType: 'audio/wav', analyzer: 'transcribe' };
      const announced = await announce(lab, told);
      await post(lab, announced, writeWave(1));
      await lab.work(1);
      await read(lab, announced.id);
    },
  },
  {
    name: 'what was given up: a dropped file and an upload',
    before: async (lab) => {
      await putAnalyzer(lab);
      return announce(lab, { callbackUrl: `${lab.receiver}/200` });
    },
    act: async (lab, { id }) => {
      await tell(lab, 'UploadDeadLetterQueue', 'drop/own/given-up.jpg');
      await lab.work();
      await tell(lab, 'UploadDeadLetterQueue', uploadKey(id));
      await lab.work();
    },
  },
  {
    name: 'all that a client has, deleted at once',
    before: async (lab) => {
      await analyzeLarge(lab);
      await announceParts(lab);
      await lab.put('drop/photo.jpg', photo);
      await lab.work(1);
      await tell(lab, 'UploadQueue', 'drop/photo.jpg'); // whose file goes with the other analysis of it
      await lab.work(1);
    },
    act: async (lab) => void (await ask(lab, 'DELETE', '/v1/clients/me/data')),
  },
];

const MODEL: Flow[] = [
  {
    name: 'a model that is gone, and another in its place',
    act: async (lab) => {
      let calls = 0;
      lab.state.model = () => {
        calls += 1;
        return calls === 1 ? { kind: 'status', status: 404 } : undefined;
      };
      await analyze(lab);
    },
  },
  {
    name: 'a refused key',
    act: async (lab) => {
      lab.state.model = () => ({ kind: 'status', status: 400, reason: 'API_KEY_INVALID' });
      await analyze(lab, { callbackUrl: `${lab.receiver}/200` }, { end: 'failed' });
    },
  },
  {
    name: 'a budget that is used up, and another day',
    act: async (lab) => {
      const announced = await announce(lab);
      await charge(lab, DAY_USD * 1e6);
      await post(lab, announced);
      await lab.work(1);
      await charge(lab, -DAY_USD * 1e6);
      await analyze(lab);
    },
  },
  {
    name: 'what a worker that died had set aside',
    before: async (lab) => {
      const announced = await announce(lab);
      const day = dayOf(Date.now());
      const held = { token: 'dead', day, chargedMicroUsd: 5_000, admitted: 1, until: 1 };
      await lab.table.update({
        TableName: lab.TableName,
        Key: { pk: `spending#${CLIENT_ID}#${day.slice(0, 7)}` },
        UpdateExpression: 'SET #held = :held ADD #day :usd, #month :usd, #admitted :one',
        ExpressionAttributeNames: {
          '#held': `held#${announced.id}`,
          '#day': nameSum('chargedMicroUsd', day),
          '#month': nameSum('chargedMicroUsd'),
          '#admitted': nameSum('admitted', day),
        },
        ExpressionAttributeValues: { ':held': held, ':usd': 5_000, ':one': 1 },
      });
      return announced;
    },
    act: async (lab, announced) => {
      await post(lab, announced);
      await lab.work(1);
    },
  },
];

const SETTINGS: Flow[] = [
  {
    name: "a client's own analyzer, and all that names it",
    act: async (lab) => {
      await putAnalyzer(lab);
      await putAnalyzer(lab);
      await ask(lab, 'GET', '/v1/analyzers/own');
      await ask(lab, 'GET', '/v1/analyzers');
      await announce(lab, { analyzer: 'own' });
    },
  },
  {
    name: "a client's own analyzer at work",
    before: (lab) => putAnalyzer(lab),
    act: async (lab) => {
      const analysisId = await analyze(lab, { analyzer: 'own' });
      await ask(lab, 'POST', '/v1/estimates', { analysisId, analyzer: 'own' });
      await lab.put('drop/own/photo.jpg', photo);
      await lab.work(1);
    },
  },
  {
    name: 'webhooks, made, listed and removed',
    act: async (lab) => {
      const id = await addWebhook(lab);
      await addWebhook(lab);
      await ask(lab, 'GET', '/v1/webhooks');
      await ask(lab, 'DELETE', `/v1/webhooks/${id}`);
    },
  },
  {
    name: 'webhooks that are answered 410 and 500, and one that is sent once more',
    before: (lab) => addWebhook(lab, '410'),
    act: async (lab) => {
      await analyze(lab, { callbackUrl: `${lab.receiver}/500` });
      await replay(lab);
    },
  },
  {
    name: 'an endpoint whose deliveries are listed, and one sent once more',
    before: async (lab) => {
      const id = await addWebhook(lab);
      await analyze(lab);
      return id;
    },
    act: async (lab, id) => {
      const path = `/v1/webhooks/${id}/deliveries`;
      const { data } = await ask(lab, 'GET', path);
      await ask(lab, 'POST', `${path}/${data[0].eventId}/replay`);
      await lab.work();
    },
  },
  { name: 'a token', act: async (lab) => void (await ask(lab, 'POST', '/v1/tokens', {})) },
  { name: 'readiness', act: async (lab) => void (await ask(lab, 'GET', '/health/ready')) },
  {
    name: 'the same requests twice, with a key that says so',
    act: async (lab) => {
      const twice = async (path: string, body: string) => {
        const init = { method: 'POST', body, headers: { 'idempotency-key': path } };
        await lab.call(path, init);
        await lab.call(path, init);
      };
      await twice('/v1/uploads', JSON.stringify(picture));
      await twice('/v1/uploads/x/parts', '{"parts":[{"number":1}]}');
      await twice('/v1/uploads/x/complete', '{}');
      await twice('/v1/tokens', '{}');
      await twice('/v1/webhooks', '{"url":"no address"}');
      await twice('/v1/webhooks/x/deliveries/y/replay', '');
    },
  },
];

/** Functions that ask who is calling, with one of their routes. */
function listGuarded(lab: Lab): { name: string; method: string; path: string }[] {
  return lab.played.functions.flatMap(({ name, routes: [route = ''] }) => {
    const [method = '', path = ''] = route.replaceAll(/\{\w+\}/g, 'x').split(' ');
    return 'dynamodb:GetItem client-key' in (CALLS[name] ?? {}) ? [{ name, method, path }] : [];
  });
}

type Guarded = ReturnType<typeof listGuarded>[number];
type Identify = (guarded: Guarded) => Record<string, string>;

const body = (method: string) => (method === 'POST' || method === 'PUT' ? { body: '{}' } : {});

/** Each as a flow of its own, for every function that has a door. */
export function describeDoors(lab: Lab): Flow[] {
  const knock = (guarded: Guarded) => async (each: Lab, identify: Identify) => {
    const { method, path } = guarded;
    await each.call(path, { method, ...body(method) }, () => identify(guarded));
  };
  return listGuarded(lab).flatMap((guarded): Flow[] => {
    const { name } = guarded;
    const act = knock(guarded);
    return [
      { name: `${name} by token`, before: identifyByToken, act },
      { name: `${name} by signature`, before: identifyBySignature, act },
      { name: `${name} by JWT`, before: identifyByJwt, act },
      { name: `${name} too often`, before: emptyBuckets, act },
    ];
  });
}

async function identifyByToken(lab: Lab): Promise<Identify> {
  const scopes = ['upload', 'read', 'delete'];
  const { token } = await ask(lab, 'POST', '/v1/tokens', { scopes });
  return () => ({ authorization: `Bearer ${token}` });
}

async function identifyBySignature(lab: Lab): Promise<Identify> {
  const SecretId = lab.played.refOf('DoorSecret');
  const secrets = new SecretsManagerClient(lab.sdk);
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  secrets.destroy();
  const { table, TableName: tableName } = lab;
  const readDoorSecret = async () => SecretString;
  const keys = createClientKeys({ stage: 'lab', table, tableName, readDoorSecret });
  await keys.decide('signer', { signing: true });
  const { key, keyId } = await keys.create('signer', SCOPES);
  const secret = await keys.readSigningSecret('signer');
  return ({ method, path }) => {
    const { body: sent } = body(method) as { body?: string };
    const signed = sign({ method, path, keyId, secret, ...(sent && { body: sent }) });
    return { authorization: `Bearer ${key}`, ...signed };
  };
}

async function identifyByJwt(_: Lab, { issuer }: Labs): Promise<Identify> {
  const jwt = issuer.mint({ client_id: 'signer', scope: SCOPES.join(' ') });
  return () => ({ authorization: `Bearer ${jwt}` });
}

/** Leaves no token in the client's buckets for minutes. */
async function emptyBuckets({ table, TableName }: Lab): Promise<Identify> {
  const fullAt = (Date.now() + 5 * 60_000) * 1000;
  for (const policy of ['uploads', 'reads'])
    await table.put({ TableName, Item: { pk: `rate#${policy}#${CLIENT_ID}`, fullAt } });
  return () => ({});
}

export const FLOWS: Flow[] = [...FILES, ...MODEL, ...SETTINGS];
