import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { MAX_PROMPT_CHARACTERS } from '../../lib/analysis/fields.ts';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { newAnalysis, STATUSES } from '../../lib/analysis/record.ts';
import { createHttpHandler, MAX_JSON_CHARACTERS } from '../../lib/api/http.ts';
import { checkDependencies, checkReadiness } from '../../lib/api/readiness.ts';
import { MAX_NAMED_FAULTS } from '../../lib/api/validation.ts';
import { MAX_FORM_FILE_BYTES } from '../../lib/requests/form.ts';
import * as limits from '../../lib/requests/upload.ts';
import { UPLOAD_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const KEY = 'sk_test_requests';
const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
let service: Service;
// biome-ignore lint/suspicious/noExplicitAny: handlers are called as Lambda calls them
type Handler = (event: any, context: Context) => Promise<any>;
let createUpload: Handler;
let listAnalyses: Handler;
let analyze: Handler;

beforeAll(async () => {
  service = await startService();
  await service.addKey(KEY, 'client');
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  const deps = {
    ...service,
    ...service.lists,
    maxBytes: { ...UPLOAD_LIMITS, image: 1_000_000 },
    now: Date.now,
  };
  createUpload = (await import('../../functions/create-upload.ts')).createHandler(deps);
  listAnalyses = (await import('../../functions/list-analyses.ts')).createHandler(deps);
  analyze = (await import('../../functions/analyze.ts')).createHandler(deps);
});
afterAll(() => service.stop());

async function send(handler: Handler, event: object, key: string | undefined = KEY) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const requestContext = { requestId: 'r', timeEpoch: Date.now(), http: {} };
  const answer = await handler({ headers, requestContext, ...event }, context);
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) };
}
function announce(changes: object, handler = createUpload) {
  const body = { filename: 'a.jpg', contentType: 'image/jpeg', ...changes };
  return send(handler, { body: JSON.stringify(body) });
}

describe('who may come in', () => {
  test.each([undefined, 'sk_wrong', 'x'.repeat(300), ''])('not with the key %j', async (key) => {
    const { status, headers, body } = await send(createUpload, { body: '{}' }, key ?? 'undefined');
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthorized' });
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  test('not without a key, and not with another scheme', async () => {
    const open = await createUpload({ headers: {}, requestContext: {} }, context);
    expect(open.statusCode).toBe(401);
    const headers = { authorization: `Basic ${KEY}` };
    expect((await createUpload({ headers, requestContext: {} }, context)).statusCode).toBe(401);
  });
});

describe('an announced upload is refused for', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);
  const entries = (count: number) => Object.fromEntries(many(count).map((name) => [name, 'x']));
  test.each([
    ['filename', { filename: '' }],
    ['filename', { filename: 'x'.repeat(limits.MAX_FILENAME_CHARACTERS + 1) }],
    ['contentType', { contentType: 'jpeg' }],
    ['contentLength', { contentLength: -1 }],
    ['contentLength', { contentLength: 1.5 }],
    ['sha256', { sha256: 'abc' }],
    ['analyzer', { analyzer: 'nothing' }],
    ['prompt', { prompt: 'x'.repeat(MAX_PROMPT_CHARACTERS + 1) }],
    ['tags', { tags: many(limits.MAX_TAGS + 1) }],
    ['tags.0', { tags: ['x'.repeat(limits.MAX_TAG_CHARACTERS + 1)] }],
    ['metadata', { metadata: entries(limits.MAX_METADATA_ENTRIES + 1) }],
    ['metadata.a', { metadata: { a: 'x'.repeat(limits.MAX_METADATA_VALUE_CHARACTERS + 1) } }],
  ])('its %s, which the answer names', async (path, changes) => {
    const { status, body } = await announce(changes);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'request_invalid' });
    expect(body.errors.map((error: { path: string }) => error.path)).toContain(`body.${path}`);
  });

  test('a name in the metadata that is too long, and a field that nobody knows', async () => {
    const metadata = { ['x'.repeat(limits.MAX_METADATA_KEY_CHARACTERS + 1)]: 'x' };
    expect((await announce({ metadata })).status).toBe(400);
    expect((await announce({ content_length: 5 })).status).toBe(400);
  });

  test('its type or its size, with their own codes', async () => {
    for (const contentType of ['text/html', 'image/svg+xml', 'application/x-msdownload'])
      expect((await announce({ contentType })).body).toMatchObject({ code: 'type_unsupported' });
    expect((await announce({ contentLength: 1_000_001 })).body).toMatchObject({
      code: 'file_too_large',
      status: 413,
    });
  });

  test.each(['', 'no json', '{"filename":'])('a body that is no JSON: %j', async (body) => {
    expect(await send(createUpload, { body })).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      body: { code: 'request_invalid', requestId: 'r' },
    });
  });

  test.each([100, 1_000, 3_000, 10_000])(
    'JSON that is nested %d deep, wherever it stands',
    async (levels) => {
      const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
      const schema = `${'{"items":'.repeat(levels)}{}${'}'.repeat(levels)}`.slice(0, 60_000);
      for (const options of [
        deep,
        `{"schema":${deep}}`,
        `{"schema":${schema}}`,
        `{"labels":${deep}}`,
      ]) {
        const body = `{"filename":"a","contentType":"image/jpeg","analyzer":"extract","options":${options}}`;
        expect(await send(createUpload, { body })).toMatchObject({
          status: 400,
          body: { code: 'request_invalid' },
        });
      }
    },
  );

  test('a wish that is neither true nor false', async () => {
    const body = JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg' });
    const asked = await send(createUpload, { body, queryStringParameters: { fresh: 'yes' } });
    expect(asked.body).toMatchObject({ errors: [{ path: 'query.fresh' }] });
  });

  test('more faults than an answer can name: it names the first', async () => {
    const unknown = Object.fromEntries(many(500).map((name) => [name, 1]));
    const long = { ['y'.repeat(50_000)]: 1, tags: many(500).map(() => '') };
    for (const changes of [unknown, long]) {
      const { status, body } = await announce(changes);
      expect(status).toBe(400);
      expect(body.errors.length).toBeLessThanOrEqual(MAX_NAMED_FAULTS);
      expect(JSON.stringify(body).length).toBeLessThan(15_000);
    }
  });

  test('its length, before it is parsed', async () => {
    const body = `{"filename":${'['.repeat(MAX_JSON_CHARACTERS)}`;
    expect((await send(createUpload, { body })).body).toMatchObject({ code: 'request_invalid' });
  });

  test('nothing, at the limits themselves', async () => {
    const { status, body } = await announce({
      filename: 'x'.repeat(limits.MAX_FILENAME_CHARACTERS),
      prompt: 'x'.repeat(MAX_PROMPT_CHARACTERS),
      tags: many(limits.MAX_TAGS),
      metadata: { ...entries(limits.MAX_METADATA_ENTRIES - 2), constructor: 'x', toString: 'y' },
      contentLength: 1_000_000,
      sha256: 'A'.repeat(64),
    });
    expect(status).toBe(201);
    expect(body.upload.maxBytes).toBe(1_000_000);
  });
});

describe('the list', () => {
  const ids: string[] = [];
  const times: number[] = [];
  beforeAll(async () => {
    for (let index = 0; index < 25; index += 1) {
      const now = Date.now() - 10_000 + index;
      const id = createAnalysisId(now);
      const source = { key: uploadKey(id), filename: `${index}.jpg` };
      const analyzer = { name: 'describe', version: 1 };
      const tags = index % 5 === 0 ? ['fifth'] : [];
      const record = newAnalysis({ id, clientId: 'lister', source, analyzer, tags, now });
      await service.analyses.create({ ...record, status: index < 3 ? 'failed' : 'succeeded' });
      ids.unshift(id);
      times.push(now);
    }
    await service.addKey('sk_lister', 'lister');
  });
  const list = (query: object) => send(listAnalyses, { queryStringParameters: query }, 'sk_lister');

  test.each([{}, { status: 'succeeded' }, { tag: 'fifth' }, { analyzer: 'describe' }])(
    'with the filter %j: pages hold everything once, newest first',
    async (filter) => {
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const query = { limit: '4', ...filter, ...(cursor ? { cursor } : {}) };
        const { status, body } = await list(query);
        expect(status).toBe(200);
        seen.push(...body.data.map(({ id }: { id: string }) => id));
        cursor = body.nextCursor;
      } while (cursor);
      const wanted = ids.filter((_, index) => {
        if ('status' in filter) return index < 22;
        return 'tag' in filter ? (24 - index) % 5 === 0 : true;
      });
      expect(seen).toEqual(wanted);
    },
  );

  test('of a time holds what was made in it, on every page, and nothing else', async () => {
    const timeOf = (index: number) => new Date(times[24 - index] ?? 0).toISOString();
    const [from, to] = [timeOf(20), timeOf(5)];
    const inside = ids.slice(5, 21);
    const first = (await list({ from, to, limit: '10', status: 'succeeded' })).body;
    const idsOf = ({ data }: typeof first) => data.map(({ id }: { id: string }) => id);
    const rest = (await list({ from, to, limit: '10', cursor: first.nextCursor })).body;
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(inside);
    const today = new Date(times[0] ?? 0).toISOString().slice(0, 10);
    expect(idsOf((await list({ from: today, to, limit: '100' })).body)).toEqual(ids.slice(5));
    const cursor = (id = '') => Buffer.from(id).toString('base64url');
    // Of another list: newer than what is asked for, and older.
    expect(idsOf((await list({ to, limit: '100', cursor: cursor(ids[0]) })).body)).toEqual(
      ids.slice(5),
    );
    expect((await list({ from, cursor: cursor(ids[22]) })).body.data).toEqual([]);
    expect((await list({ to: '2020-01-01' })).body.data).toEqual([]);
  });

  test('a full page that is the last one has no cursor', async () => {
    expect((await list({ limit: '25' })).body).toMatchObject({ nextCursor: null });
    expect((await list({ limit: '22', status: 'succeeded' })).body.nextCursor).toBeNull();
  });

  test("shows no other client's analyses, whatever the cursor or the key", async () => {
    const mine = await send(listAnalyses, { queryStringParameters: { limit: '100' } });
    for (const { id } of mine.body.data) expect(ids).not.toContain(id);
    const cursor = Buffer.from(ids[3] ?? '').toString('base64url');
    const foreign = await send(listAnalyses, { queryStringParameters: { cursor } });
    for (const { id } of foreign.body.data) expect(ids).not.toContain(id);
    const key = { key: uploadKey(ids[0] ?? '') };
    expect((await send(listAnalyses, { queryStringParameters: key })).body.data).toEqual([]);
    expect((await list(key)).body.data).toHaveLength(1);
  });

  test('of items that are large is cut before it is too long for an answer', async () => {
    await service.addKey('sk_large', 'large');
    const metadata = { text: '\u0001'.repeat(50_000) }; // 300 KB as JSON
    for (let index = 0; index < 20; index += 1) {
      const now = Date.now() + index;
      const id = createAnalysisId(now);
      const source = { key: uploadKey(id), filename: 'x' };
      const analyzer = { name: 'describe', version: 1 };
      const given = { id, clientId: 'large', source, analyzer, metadata, now };
      await service.analyses.create(newAnalysis(given));
    }
    const page = { queryStringParameters: { limit: '100' } };
    const { body } = await send(listAnalyses, page, 'sk_large');
    expect(JSON.stringify(body).length).toBeLessThan(4_500_000);
    expect(body.data.length).toBeLessThan(20);
    const rest = { queryStringParameters: { limit: '100', cursor: body.nextCursor } };
    const more = await send(listAnalyses, rest, 'sk_large');
    expect(body.data.length + more.body.data.length).toBe(20);
  });

  test.each([
    { limit: '0' },
    { limit: '101' },
    { limit: 'x' },
    { cursor: 'x' },
    { status: 'deleted' },
    { key: 'x'.repeat(1_025) },
    { from: 'yesterday' },
    { from: '2026-11-22', to: '2026-11-21' },
  ])('refuses %j, and says what is asked for', async (query) => {
    const { body } = await list(query);
    expect(body).toMatchObject({ code: 'request_invalid', errors: [{}] });
    expect(body.errors[0].message).not.toBe('Invalid input');
  });

  test.each(STATUSES)('takes every status that a client may see: %s', async (status) => {
    expect((await list({ status })).status).toBe(200);
  });
});

describe('a form for /v1/analyze', () => {
  async function sendForm(form: FormData) {
    const request = new Response(form);
    const headers = {
      'content-type': request.headers.get('content-type'),
      authorization: `Bearer ${KEY}`,
    };
    const body = Buffer.from(await request.arrayBuffer()).toString('base64');
    return send(analyze, { headers, body, isBase64Encoded: true });
  }
  const formOf = (fields: Record<string, string | Blob>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return form;
  };

  test('without a file, or with text in its place, is refused', async () => {
    expect((await sendForm(formOf({ prompt: 'x' }))).body).toMatchObject({ code: 'file_missing' });
    expect((await sendForm(formOf({ file: 'x' }))).body).toMatchObject({ code: 'file_missing' });
  });

  test('with a file over its limit is refused', async () => {
    const file = new Blob([new Uint8Array(MAX_FORM_FILE_BYTES + 1)]);
    const { status, body } = await sendForm(formOf({ file }));
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'file_too_large' });
  });

  test('with a bad field is refused, and the field is named', async () => {
    const { body } = await sendForm(formOf({ file: new Blob(['x']), analyzer: 'nothing' }));
    expect(body).toMatchObject({ code: 'request_invalid', errors: [{ path: 'analyzer' }] });
  });

  test('with options that are nested without end is refused', async () => {
    const options = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const deep of [options, `{"schema":${options}}`]) {
      const form = formOf({ file: new Blob(['x']), analyzer: 'extract', options: deep });
      expect((await sendForm(form)).body).toMatchObject({ errors: [{ path: 'options' }] });
    }
  });

  test('with a name that is too long is refused, as an announced one is', async () => {
    const form = new FormData();
    form.append('file', new Blob(['x']), 'n'.repeat(limits.MAX_FILENAME_CHARACTERS + 1));
    expect((await sendForm(form)).body).toMatchObject({ errors: [{ path: 'filename' }] });
  });

  test('that is none is refused', async () => {
    expect((await send(analyze, { body: '{}' })).body).toMatchObject({ code: 'request_invalid' });
    const headers = { 'content-type': 'multipart/form-data', authorization: `Bearer ${KEY}` };
    const broken = await send(analyze, { headers, body: 'broken' });
    expect(broken.body).toMatchObject({ code: 'request_invalid' });
  });
});

test('an error nobody foresaw is a 500 that tells nothing', async () => {
  const handler = createHttpHandler({
    input: z.object({}),
    handle: () => Promise.reject(new Error('a detail of the inside')),
  });
  const { status, body } = await send(handler, {});
  expect({ status, code: body.code }).toEqual({ status: 500, code: 'internal' });
  expect(JSON.stringify(body)).not.toContain('detail of the inside');
});

test.each([
  ['one model that answers', 'up', true],
  ['no model that answers', 'down', false],
])('readiness, given %s', async (_, first, ready) => {
  const probe = (state: string) => async () => {
    if (state === 'down') throw new Error('down');
  };
  const models = { one: probe(first), other: probe('down') };
  const checked = await checkReadiness({ table: probe('up') }, models);
  const one = ready ? 'ok' : 'unavailable';
  expect(checked).toEqual({
    ready,
    dependencies: { table: 'ok' },
    models: { one, other: 'unavailable' },
  });
});

test('readiness names the dependency that does not answer', async () => {
  const checked = await checkDependencies({
    table: async () => 'fine',
    queue: () => Promise.reject(new Error('down')),
  });
  expect(checked).toEqual({
    ready: false,
    dependencies: { table: 'ok', queue: 'unavailable' },
  });
});
