import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createHttpHandler, MAX_IDEMPOTENCY_KEY_CHARACTERS } from '../../lib/api/http.ts';
import {
  createIdempotency,
  createIdempotencyRecords,
  IDEMPOTENCY_SECONDS,
  type Idempotency,
  type Origin,
} from '../../lib/api/idempotency.ts';
import type { Reply } from '../../lib/api/problem.ts';
import { ServiceError } from '../../lib/errors.ts';
import { UPLOAD_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
const photo = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
let service: Service;
let now = Date.now();
let idempotency: Idempotency;
// biome-ignore lint/suspicious/noExplicitAny: handlers are called as Lambda calls them
type Handler = (event: any, context: Context) => Promise<any>;
let createUpload: Handler;
let analyze: Handler;

beforeAll(async () => {
  service = await startService();
  for (const client of ['a', 'b']) await service.addKey(`sk_${client}`, client);
  await service.addKey('sk_other', 'a');
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  const records = createIdempotencyRecords(service.table, service.tableName);
  idempotency = createIdempotency({ records, now: () => now });
  const deps = {
    ...service,
    idempotency,
    maxBytes: { ...UPLOAD_LIMITS, image: 1_000_000 },
    now: () => now,
  };
  createUpload = (await import('../../functions/create-upload.ts')).createHandler(deps);
  analyze = (await import('../../functions/analyze.ts')).createHandler({
    ...deps,
    // The wait for an end that nobody works on here is over at once.
    now: () => Date.now() + 60_000,
  });
});
afterAll(() => service.stop());

let visits = 0;
interface Sent {
  key?: string | undefined;
  as?: string;
  body?: string;
  [field: string]: unknown;
}
async function send(handler: Handler, { key, as = 'sk_a', ...event }: Sent) {
  visits += 1;
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${as}`,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(event.headers as object),
  };
  const http = { method: 'POST', sourceIp: '192.0.2.1' };
  const requestContext = { requestId: `r${visits}`, timeEpoch: now, http };
  const all = { rawPath: '/v1/x', rawQueryString: '', requestContext, ...event, headers };
  const answer = await handler(all, context);
  const { statusCode: status } = answer;
  return { status, headers: answer.headers, body: answer.body && JSON.parse(answer.body) };
}
const announce = (key: string | undefined, changes: object = {}, more: object = {}) => {
  const body = JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg', ...changes });
  return send(createUpload, { key, body, ...more });
};
async function scan(prefix: string) {
  return (await service.listItems()).filter(({ pk }) => String(pk).startsWith(prefix));
}

describe('an upload announced with an Idempotency-Key', () => {
  test('and announced again gets the very same answer, from one record', async () => {
    const before = (await scan('analysis#')).length;
    const first = await announce('same');
    const second = await announce('same');
    expect(first.status).toBe(201);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' } });
    expect(second.body).toEqual(first.body);
    expect((await scan('analysis#')).length).toBe(before + 1);
  });

  test('gets others for other keys, for other clients, and without one', async () => {
    const ids = new Set<string>();
    const all = ['one', 'two', undefined, undefined].map((key) => announce(key));
    all.push(announce('one', {}, { as: 'sk_b' }));
    for (const { status, body } of await Promise.all(all)) {
      expect(status).toBe(201);
      ids.add(body.id);
    }
    expect(ids.size).toBe(5);
  });

  test('is refused for other content: the body, the query or the path', async () => {
    await announce('mismatch');
    const others = [
      announce('mismatch', { filename: 'b.jpg' }),
      announce('mismatch', {}, { rawQueryString: 'fresh=true' }),
      announce('mismatch', {}, { rawPath: '/v1/y' }),
    ];
    for (const { status, body } of await Promise.all(others))
      expect({ status, code: body.code }).toEqual({ status: 422, code: 'idempotency_mismatch' });
  });

  test('is the same however its JSON is written', async () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'number', minimum: 1 }, 'ä/é': { type: 'string' } },
    };
    const changes = {
      metadata: { b: '/', a: 'ü' },
      maxUsd: 1,
      analyzer: 'extract',
      options: { schema },
    };
    const first = await announce('written', changes);
    const plain = JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg', ...changes });
    const reverse = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const members = Object.entries(value).map(([name, member]) => [name, reverse(member)]);
      return Object.fromEntries(members.toReversed());
    };
    const escapeAll = (text: string) =>
      text
        .replaceAll('/', '\\/')
        .replaceAll(
          /[a-zäéü](?=[^"]*")/g,
          (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
    const written = [
      JSON.stringify(JSON.parse(plain), null, 2),
      JSON.stringify(reverse(JSON.parse(plain))),
      escapeAll(plain),
      plain.replace('"maxUsd":1,', '"maxUsd":1.0,').replace('"minimum":1}', '"minimum":100e-2}'),
      `\r\n${plain}\t`,
    ];
    for (const body of written) {
      expect(body).not.toBe(plain);
      const again = await announce('written', {}, { body });
      expect(again, body).toMatchObject({
        status: 201,
        headers: { 'idempotency-replayed': 'true' },
      });
      expect(again.body).toEqual(first.body);
    }
    const others = [
      { ...changes, maxUsd: 1.000_001 },
      { ...changes, metadata: { b: '/' } },
    ];
    for (const other of others)
      expect((await announce('written', other)).body.code).toBe('idempotency_mismatch');
  });

  test('keeps its id, with a form signed anew, when the first form has run out', async () => {
    const first = await announce('expired');
    now += 16 * 60_000;
    const second = await announce('expired');
    now -= 16 * 60_000;
    expect(second.status).toBe(201);
    expect(second.body.id).toBe(first.body.id);
    expect(Date.parse(second.body.upload.expiresAt)).toBeGreaterThan(now + 15 * 60_000);
  });

  test('is a new one after a day', async () => {
    const first = await announce('day');
    now += (IDEMPOTENCY_SECONDS + 1) * 1000;
    const second = await announce('day', { filename: 'another.jpg' });
    now -= (IDEMPOTENCY_SECONDS + 1) * 1000;
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  test('leaves an answer in the table that only the one who got it can read', async () => {
    const { body } = await announce('sealed');
    const stored = JSON.stringify(await scan('idempotency#'));
    expect(stored).not.toContain(body.upload.fields['X-Amz-Signature']);
    expect(stored).not.toContain(body.id);
    // Another key of the same client: the same upload, signed anew.
    const other = await announce('sealed', {}, { as: 'sk_other' });
    expect(other.body.id).toBe(body.id);
  });

  test('is refused again as it was refused', async () => {
    const first = await announce('refused', { contentType: 'text/html' });
    const second = await announce('refused', { contentType: 'text/html' });
    expect(first).toMatchObject({ status: 415, body: { code: 'type_unsupported' } });
    expect(second).toMatchObject({ status: 415, body: first.body });
  });

  test.each(['', 'x'.repeat(MAX_IDEMPOTENCY_KEY_CHARACTERS + 1), 'ключ', 'a\tb'])(
    'with the key %j is refused, and the field is named',
    async (key) => {
      expect(await announce(key)).toMatchObject({
        status: 400,
        body: { code: 'request_invalid', errors: [{ path: 'headers.idempotency-key' }] },
      });
    },
  );

  test('with a key at the limit is not', async () => {
    expect((await announce('~'.repeat(MAX_IDEMPOTENCY_KEY_CHARACTERS))).status).toBe(201);
  });
});

describe('a form sent with an Idempotency-Key', () => {
  async function sendForm(key: string, form: FormData) {
    const request = new Response(form); // with a boundary of its own
    const headers = { 'content-type': request.headers.get('content-type') };
    const body = Buffer.from(await request.arrayBuffer()).toString('base64');
    return send(analyze, { key, headers, body, isBase64Encoded: true });
  }
  function write(bytes: Uint8Array, fields: Record<string, string> = {}, name = 'rocket.jpg') {
    const form = new FormData();
    for (const [field, text] of Object.entries(fields)) form.append(field, text);
    form.append('file', new Blob([Uint8Array.from(bytes)]), name);
    return form;
  }

  test('and sent again, whatever its boundary, is the same analysis', async () => {
    const before = (await scan('analysis#')).length;
    const first = await sendForm('form', write(photo));
    const second = await sendForm('form', write(photo));
    expect(first).toMatchObject({ status: 202, body: { status: 'awaiting_upload' } });
    expect(second.body.id).toBe(first.body.id);
    expect(second.headers.location).toBe(first.headers.location);
    expect((await scan('analysis#')).length).toBe(before + 1);
  });

  test('is the same with its fields in another order, and their JSON otherwise written', async () => {
    const fields = { prompt: 'What is it?', maxUsd: '1', clip: '{"start":1,"end":2}' };
    const first = await sendForm('fields', write(photo, fields));
    const other = write(photo, { clip: '{ "end": 2.0, "start": 1 }', maxUsd: '1.00' });
    other.append('prompt', 'What is it?');
    expect((await sendForm('fields', other)).body.id).toBe(first.body.id);
  });

  test.each([
    ['other bytes', write(photo.subarray(1))],
    ['another name', write(photo, {}, 'moon.jpg')],
    ['a question', write(photo, { prompt: 'What is it?' })],
  ])('is refused with %s', async (_, other) => {
    await sendForm('other', write(photo));
    expect((await sendForm('other', other)).body.code).toBe('idempotency_mismatch');
  });

  test('and with a boundary beyond any limit is not searched for it', async () => {
    const headers = { 'content-type': `multipart/form-data; boundary=x${'-'.repeat(5_000)}` };
    const body = Buffer.alloc(4_000_000, '-').toString();
    const { body: answer } = await send(analyze, { key: 'long', headers, body });
    expect(answer.code).toBe('request_invalid');
  });
});

describe('of runs with the same key', () => {
  const origins: Origin[] = [];
  /** A handler that works as told. */
  function handlerOf(work: () => Promise<Reply>, by = idempotency): Handler {
    return createHttpHandler({
      door: service.door,
      idempotency: by,
      input: z.object({}),
      handle: ({ origin }) => {
        if (origin) origins.push(origin);
        return work();
      },
    });
  }
  const done = async () => ({ status: 200, body: { run: origins.length } });

  test('ten at once, one works; the others are told to wait, or get its answer', async () => {
    let runs = 0;
    const slow = handlerOf(async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { status: 200, body: { runs } };
    });
    const all = Array.from({ length: 10 }, () => send(slow, { key: 'ten' }));
    const answers = await Promise.all(all);
    expect(runs).toBe(1);
    for (const { status, headers, body } of answers)
      if (status === 409) {
        expect(body).toMatchObject({ code: 'idempotency_conflict', retryable: true });
        expect(headers['retry-after']).toBe('1');
      } else expect({ status, body }).toEqual({ status: 200, body: { runs: 1 } });
    expect(await send(slow, { key: 'ten' })).toMatchObject({ status: 200, body: { runs: 1 } });
  });

  test('one that failed for now is not remembered, and the next goes on from where it was', async () => {
    origins.length = 0;
    const fails = handlerOf(() => Promise.reject(new Error('the table is away')));
    expect(await send(fails, { key: 'fails' })).toMatchObject({ status: 500 });
    now += 5_000;
    expect(await send(handlerOf(done), { key: 'fails' })).toMatchObject({ status: 200 });
    expect(origins[1]).toEqual(origins[0]);
  });

  test('one whose end was a passing failure is not remembered, and the next begins anew', async () => {
    origins.length = 0;
    const ends = handlerOf(async () => ({ status: 503, body: { code: 'model_unavailable' } }));
    expect(await send(ends, { key: 'ends' })).toMatchObject({ status: 503 });
    now += 5_000;
    expect(await send(handlerOf(done), { key: 'ends' })).toMatchObject({ status: 200 });
    expect(origins[1]?.entropy).not.toEqual(origins[0]?.entropy);
  });

  test('one that died frees the key when its lease is over, and the next takes its place', async () => {
    origins.length = 0;
    const dies = handlerOf(() => new Promise(() => {}));
    void send(dies, { key: 'dies' });
    await expect.poll(() => origins.length).toBe(1);
    expect(await send(handlerOf(done), { key: 'dies' })).toMatchObject({ status: 409 });
    now += 31_000;
    expect(await send(handlerOf(done), { key: 'dies' })).toMatchObject({ status: 200 });
    expect(origins[1]).toEqual(origins[0]);
  });

  test('one whose answer is too large to be kept is answered anew, from the same ids', async () => {
    origins.length = 0;
    const large = handlerOf(async () => ({ status: 200, body: 'x'.repeat(400_000) }));
    expect(await send(large, { key: 'large' })).toMatchObject({ status: 200 });
    expect(await send(large, { key: 'large' })).toMatchObject({ status: 200 });
    expect(origins).toHaveLength(2);
    expect(origins[1]).toEqual(origins[0]);
  });

  test.each([
    ['an answer', async () => ({ status: 200, body: { ok: true } }), 200],
    ['a refusal', () => Promise.reject(new ServiceError('file_too_large')), 413],
  ])(
    'one whose %s could not be kept frees the key when its 503 says so',
    async (what, work, status) => {
      const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      const records = createIdempotencyRecords(service.table, service.tableName);
      const refuse = () => Promise.reject(throttled);
      const stuck = createIdempotency({
        records: { ...records, keep: refuse, release: refuse },
        now: () => now,
      });
      const refused = await send(handlerOf(work, stuck), { key: what });
      expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      now += Number(refused.headers['retry-after']) * 1000;
      expect(await send(handlerOf(work), { key: what })).toMatchObject({ status });
    },
  );

  test('one that was refused for good is remembered', async () => {
    let runs = 0;
    const refuses = handlerOf(() => {
      runs += 1;
      return Promise.reject(new ServiceError('file_too_large'));
    });
    expect(await send(refuses, { key: 'refuses' })).toMatchObject({ status: 413 });
    expect(await send(refuses, { key: 'refuses' })).toMatchObject({ status: 413 });
    expect(runs).toBe(1);
  });
});
