import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createAnalyzerWriter,
  createOwnAnalyzers,
  listKey,
  MAX_ANALYZER_VERSIONS,
  MAX_OWN_ANALYZERS,
  versionKey,
} from '../../lib/analyzers/own-store.ts';
import { listBuiltIn } from '../../lib/analyzers/registry.ts';
import { UPLOAD_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
// biome-ignore lint/suspicious/noExplicitAny: handlers are called as Lambda calls them
type Json = any;
type Handler = (event: Json, context: Context) => Promise<Json>;
let service: Service;
let put: Handler;
let get: Handler;
let list: Handler;
let announce: Handler;

beforeAll(async () => {
  service = await startService();
  for (const client of ['one', 'other']) await service.addKey(`sk_${client}`, client);
  await service.addKey('sk_phone', 'one', ['upload', 'read']);
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  const own = createOwnAnalyzers(service.table, service.tableName);
  const writer = createAnalyzerWriter(service.table, service.tableName, own);
  const deps = { ...service, own, writer, models: ['model-a', 'model-b'], now: Date.now };
  put = (await import('../../functions/put-analyzer.ts')).createHandler(deps);
  get = (await import('../../functions/get-analyzer.ts')).createHandler(deps);
  list = (await import('../../functions/list-analyzers.ts')).createHandler(deps);
  const { createHandler } = await import('../../functions/create-upload.ts');
  announce = createHandler({ ...deps, maxBytes: { ...UPLOAD_LIMITS, image: 1_000_000 } });
});
afterAll(() => service.stop());

async function call(handler: Handler, event: object, key = 'sk_one') {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const requestContext = {
    requestId: 'r',
    timeEpoch: Date.now(),
    http: { sourceIp: '203.0.113.7' },
  };
  const answer = await handler({ headers, requestContext, ...event }, context);
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) };
}
const schema = { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] };
function putAs(name: string, changes: object = {}, key?: string) {
  const body = JSON.stringify({ prompt: 'What is it?', schema, ...changes });
  return call(put, { pathParameters: { name }, body }, key);
}
const read = (name: string, version?: string, key?: string) =>
  call(get, { pathParameters: { name }, queryStringParameters: version && { version } }, key);
const upload = (changes: object, key?: string) =>
  call(
    announce,
    { body: JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg', ...changes }) },
    key,
  );

describe("a client's own analyzer", () => {
  test('given a new one, then it is version 1, with its settings filled in', async () => {
    const { status, headers, body } = await putAs('new-one', { models: ['model-b'] });
    expect({ status, location: headers.location }).toEqual({
      status: 201,
      location: '/v1/analyzers/new-one@1',
    });
    expect(body).toEqual({
      name: 'new-one',
      version: 1,
      builtIn: false,
      media: ['image', 'document'],
      createdAt: expect.any(String),
      prompt: 'What is it?',
      schema,
      models: ['model-b'],
      mediaResolution: 'high',
      thinking: 'low',
      maxOutputTokens: 8_192,
    });
    expect((await read('new-one')).body).toEqual(body);
  });

  test('given the same content again, then it is the same version; given other content, the next', async () => {
    await putAs('changing');
    expect(await putAs('changing')).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await putAs('changing', { prompt: 'B' })).toMatchObject({
      status: 201,
      body: { version: 2 },
    });
    expect(await putAs('changing')).toMatchObject({ status: 201, body: { version: 3 } });
    expect((await read('changing')).body).toMatchObject({ version: 3, prompt: 'What is it?' });
    for (const found of [await read('changing', '2'), await read('changing@2')])
      expect(found.body).toMatchObject({ version: 2, prompt: 'B' });
  });

  test('given many at once, then each content gets a version of its own, and no number is left out', async () => {
    const contents = Array.from({ length: 24 }, (_, index) => ({ prompt: `P${index % 8}` }));
    const answers = await Promise.all(contents.map((content) => putAs('crowded', content)));
    const versions = answers.map(({ body }) => body.version);
    for (const [index, version] of versions.entries()) expect(version).toBe(versions[index % 8]);
    expect(new Set(versions)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
    expect((await read('crowded')).body.version).toBe(8);
  });

  test('given a version that was written and never named, then the next writer gets the number after it', async () => {
    const version = { name: 'orphan', version: 1, digest: 'd', definition: '{}', createdAt: '' };
    const Item = { pk: versionKey('one', 'orphan', 1), ...version };
    await service.table.put({ TableName: service.tableName, Item });
    expect(await putAs('orphan')).toMatchObject({ status: 201, body: { version: 2 } });
  });

  test("given another client, then it is not there, and the name is the other's to use", async () => {
    await putAs('private');
    expect(await read('private', undefined, 'sk_other')).toMatchObject({ status: 404 });
    expect(await upload({ analyzer: 'private' }, 'sk_other')).toMatchObject({ status: 400 });
    expect(await putAs('private', { prompt: 'Mine.' }, 'sk_other')).toMatchObject({
      status: 201,
      body: { version: 1, prompt: 'Mine.' },
    });
    expect((await read('private')).body.prompt).toBe('What is it?');
  });

  test('given a key without the scope, then it may read and not write', async () => {
    expect(await putAs('phone', {}, 'sk_phone')).toMatchObject({ status: 403 });
    expect(await read('describe', undefined, 'sk_phone')).toMatchObject({ status: 200 });
  });

  test('given a built-in one, then it says what it takes, and its schema is one to begin an own one with', async () => {
    const { body } = await read('describe');
    expect(body).toMatchObject({ builtIn: true, media: ['image'] });
    expect(body.schema.required).toEqual(Object.keys(body.schema.properties));
    expect(body.schema.required).not.toContain('instructions_in_image');
    for (const { name, options } of listBuiltIn()) {
      const shown = (await read(name)).body;
      if (options) expect(shown).not.toHaveProperty('schema');
      else expect((await putAs(`my-${name}`, { schema: shown.schema })).status).toBe(201);
    }
  });

  test('given a list, then built-in ones come first, and then its own by name', async () => {
    await putAs('z');
    await putAs('a');
    const names = (await call(list, {})).body.data.map(({ name }: Json) => name);
    const builtIn = listBuiltIn().map(({ name }) => name);
    expect(names.slice(0, builtIn.length + 1)).toEqual([...builtIn, 'a']);
    const taken = (await call(list, {})).body.data.map(({ media }: Json) => media.join());
    expect(taken.slice(0, builtIn.length)).toEqual(listBuiltIn().map(({ media }) => media.join()));
    expect(taken.at(-1)).toBe('image,document');
    expect(names.at(-1)).toBe('z');
  });

  test.each([
    ['path.name', 'describe', {}],
    ['path.name', 'Upper', {}],
    ['path.name', 'a@1', {}],
    ['path.name', 'x'.repeat(65), {}],
    ['body.prompt', 'bad', { prompt: ' ' }],
    ['body.models.1', 'bad', { models: ['model-a', 'model-x'] }],
    ['body.models', 'bad', { models: ['model-a', 'model-a'] }],
    ['body.mediaResolution', 'bad', { mediaResolution: 'ultra' }],
    ['body.maxOutputTokens', 'bad', { maxOutputTokens: 1 }],
    ['body', 'bad', { temperature: 1 }],
  ])('given a bad %s, then it is refused and named', async (path, name, changes) => {
    const { status, body } = await putAs(name, changes);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'request_invalid' });
    expect(body.errors[0].path).toBe(path);
  });

  test.each(['nothing', 'describe@999', 'a@99', '__proto__', 'a@0', 'A'])(
    'given %s, then a look-up finds nothing',
    async (name) => {
      expect(await read(name)).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(await upload({ analyzer: name })).toMatchObject({ status: 400 });
    },
  );
});

describe('the bounds', () => {
  const given = { clientId: 'full', digest: 'd', definition: '{}', createdAt: '' };
  test('of names', async () => {
    const own = createOwnAnalyzers(service.table, service.tableName);
    const writer = createAnalyzerWriter(service.table, service.tableName, own);
    const before = Array.from({ length: MAX_OWN_ANALYZERS - 4 }, (_, index) => `@n${index}`);
    const heading = { version: 1, digest: '', updatedAt: '' };
    const named = Object.fromEntries(before.map((name) => [name, heading]));
    const Item = { pk: listKey('full'), names: before.length, ...named };
    await service.table.put({ TableName: service.tableName, Item });
    const more = Array.from({ length: 12 }, (_, index) => `more-${index}`);
    const outcomes = await Promise.all(more.map((name) => writer.write({ ...given, name })));
    const kinds = outcomes.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'stored')).toHaveLength(4);
    expect(kinds.filter((kind) => kind === 'too_many_names')).toHaveLength(8);
    expect((await own.list('full')).size).toBe(MAX_OWN_ANALYZERS);
  });

  test('of versions', async () => {
    const own = createOwnAnalyzers(service.table, service.tableName);
    const last = { version: MAX_ANALYZER_VERSIONS, digest: 'other', updatedAt: '' };
    const list = async () => new Map([['old', last]]);
    const writer = createAnalyzerWriter(service.table, service.tableName, { ...own, list });
    expect(await writer.write({ ...given, name: 'old' })).toEqual({ kind: 'too_many_versions' });
  });
});

describe('options of an upload', () => {
  const labels = ['cat', 'dog'];
  test.each([
    [{ analyzer: 'describe', options: {} }, 'body.options'],
    [{ analyzer: 'classify' }, 'body.options'],
    [{ analyzer: 'classify', options: { labels: ['one'] } }, 'body.options.labels'],
    [{ analyzer: 'classify', options: { labels: ['one', 'one'] } }, 'body.options.labels'],
    [{ analyzer: 'classify', options: { labels, more: 1 } }, 'body.options'],
    [{ analyzer: 'extract', options: { schema: { type: 'array' } } }, 'body.options.schema.#/type'],
    [{ analyzer: 'extract', options: {} }, 'body.options.schema'],
  ])('given %j, then it is refused and named', async (changes, path) => {
    const { status, body } = await upload(changes);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'request_invalid' });
    expect(body.errors[0].path).toMatch(path);
  });

  test('given none where they are needed, then the answer says so', async () => {
    const { body } = await upload({ analyzer: 'classify' });
    expect(body.errors).toEqual([{ path: 'body.options', message: 'classify needs options' }]);
  });

  test('given good ones, then they stand in the record as they were given', async () => {
    const ordered = {
      type: 'object',
      properties: { z: { type: 'string' }, a: { type: 'string' } },
    };
    for (const [analyzer, options] of [
      ['classify@1', { labels }],
      ['extract', { schema: ordered }],
    ] as const) {
      const { status, body } = await upload({ analyzer, options });
      expect(status).toBe(201);
      const record = await service.analyses.read(body.id);
      expect(record).toMatchObject({ options: JSON.stringify(options) });
    }
  });
});
