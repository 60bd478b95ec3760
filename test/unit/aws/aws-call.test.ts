import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import {
  buildCanonicalRequest,
  buildStringToSign,
  collectHeaders,
  deriveSigningKey,
  signText,
} from 'laptop-cloud/signing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fitsTable, fromAttributes, toAttributes } from '../../../lib/aws/table.ts';
import { createCaller, createClient } from '../../../lib/aws/wire/client.ts';
import { endpointOf } from '../../../lib/aws/wire/sign.ts';

const KEYS = { accessKeyId: 'AKIAX', secretAccessKey: 'a/secret+key', sessionToken: 'a//token==' };
const TRIES = 3;
type Answer = (response: ServerResponse) => void;

let answers: Answer[] = [];
const seen: { headers: Map<string, string>; body: string }[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({ headers: collectHeaders(request.rawHeaders), body });
  (answers.shift() ?? say(200, { ok: true }))(response);
});
const say =
  (status: number, body: unknown): Answer =>
  (response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
const refuse = (name: string) =>
  say(400, { __type: `com.amazonaws.dynamodb#${name}`, message: 'm' });
const hangUp: Answer = (response) => response.socket?.destroy();
const cut: Answer = (response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{"ok":');
  setImmediate(() => response.socket?.destroy());
};

let call: ReturnType<typeof createCaller>;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = { region: 'eu-west-1', endpoint, credentials: KEYS };
  const bounds = { connectMs: 1_000, answerMs: 300, tries: TRIES };
  const send = createClient({ service: 'dynamodb', connection, ...bounds });
  call = createCaller(send, 'DynamoDB_20120810', '1.0');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = [];
  seen.length = 0;
});

test('a call is signed over all of it, the session included', async () => {
  expect(await call('GetItem', { Key: 'ä' })).toEqual({ ok: true });
  const [{ headers, body } = { headers: new Map<string, string>(), body: '' }] = seen;
  expect(headers.get('x-amz-target')).toBe('DynamoDB_20120810.GetItem');
  expect(headers.get('x-amz-security-token')).toBe(KEYS.sessionToken);
  const [, id, names = '', signature] =
    /Credential=(.+), SignedHeaders=(.+), Signature=(.+)$/.exec(
      headers.get('authorization') ?? '',
    ) ?? [];
  const amzDate = headers.get('x-amz-date') ?? '';
  const scope = { date: amzDate.slice(0, 8), region: 'eu-west-1', service: 'dynamodb' };
  expect(id).toBe(`AKIAX/${scope.date}/eu-west-1/dynamodb/aws4_request`);
  const signedHeaders = names.split(';');
  expect(signedHeaders).toEqual(expect.arrayContaining(['host', 'x-amz-security-token']));
  const payloadHash = createHash('sha256').update(body).digest('hex');
  const request = { method: 'POST', target: '/', headers };
  const canonical = buildCanonicalRequest(request, {
    signedHeaders,
    payloadHash,
    doubleEncode: true,
  });
  const key = deriveSigningKey(KEYS.secretAccessKey, scope);
  expect(signature).toBe(signText(key, buildStringToSign(amzDate, scope, canonical)));
});

describe('a call is made again', () => {
  test.each([
    ['the service is not well', say(500, { __type: 'InternalServerError' })],
    ['something between is not well', say(502, '<html>')],
    ['there is too much to do', refuse('ProvisionedThroughputExceededException')],
    ['a key is asked for too often', refuse('ThrottlingException')],
    ['the connection ends before the answer', hangUp],
    ['the connection ends within the answer', cut],
    ['there is no answer in time', () => undefined],
  ])('where %s', async (_, answer) => {
    answers = [answer];
    expect(await call('GetItem', {})).toEqual({ ok: true });
    expect(seen).toHaveLength(2);
  });

  test('so many times, and no more', async () => {
    answers = Array.from({ length: 9 }, () => refuse('ThrottlingException'));
    await expect(call('GetItem', {})).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(seen).toHaveLength(TRIES);
  });

  test.each(['ConditionalCheckFailedException', 'ValidationException', 'AccessDeniedException'])(
    'but not for %s, of which the name and the words are told',
    async (name) => {
      answers = [refuse(name)];
      const refusal = { name, message: 'm', status: 400 };
      await expect(call('PutItem', {})).rejects.toMatchObject(refusal);
      expect(seen).toHaveLength(1);
    },
  );
});

test('an answer that is no JSON is an error', async () => {
  answers = [say(200, '[]x')];
  await expect(call('GetItem', {})).rejects.toMatchObject({ name: 'SyntaxError' });
});

describe('values of the table', () => {
  const SDK = { convertClassInstanceToMap: true, allowImpreciseNumbers: true };
  const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 });

  test("are written as AWS' own client writes them, and read back as they were", () => {
    fc.assert(
      fc.property(json, (item) => {
        const plain = JSON.parse(JSON.stringify(item)); // no -0
        fc.pre(fitsTable(plain));
        const attributes = toAttributes(plain);
        expect(fromAttributes(JSON.parse(JSON.stringify(attributes)))).toEqual(plain);
        // A map's name that AWS' own client loses, at any depth.
        const isLost = JSON.stringify(plain).includes('"__proto__":');
        if (!isLost) expect(attributes).toEqual(marshall(plain, SDK));
      }),
      { numRuns: 300, examples: [[{ map: JSON.parse('{"__proto__":[]}') }]] },
    );
  });

  test('that are numbers are taken up to what DynamoDB takes, and no further', () => {
    const within = [0, -0, 1e-130, -1e-130, 9.99999999999999e125, -1e125, Number.MAX_SAFE_INTEGER];
    const beyond = [
      1e-131,
      -1e-200,
      5e-324,
      1e126,
      -1e300,
      Number.MAX_VALUE,
      Number.POSITIVE_INFINITY,
    ];
    for (const value of within) {
      expect(fitsTable({ list: [value] }), `${value}`).toBe(true);
      expect(fromAttributes(toAttributes({ value }))).toEqual({ value: value + 0 });
    }
    for (const value of beyond) {
      expect(fitsTable({ list: [value] }), `${value}`).toBe(false);
      expect(() => toAttributes({ value })).toThrow();
    }
  });

  test('that are undefined are left out; a name like a method of objects is a name', () => {
    const item = {
      none: undefined,
      list: [1, undefined],
      map: { constructor: 'x', none: undefined },
    };
    expect(fromAttributes(toAttributes(item))).toEqual({ list: [1], map: { constructor: 'x' } });
  });

  test.each([[new Date(0)], [new Set([1])], [Number.NaN], [1n], [() => 1], [Buffer.from('x')]])(
    'that the table has no place for are refused: %s',
    (value) => expect(() => toAttributes({ value })).toThrow(),
  );
});

test.each([
  ['us-east-1', 'https://dynamodb.us-east-1.amazonaws.com/'],
  ['cn-north-1', 'https://dynamodb.cn-north-1.amazonaws.com.cn/'],
])('in %s the service is called at %s', (region, url) => {
  expect(endpointOf('dynamodb', { region, credentials: KEYS }).href).toBe(url);
});
