import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startGateway } from '../src/http-api/gateway.ts';
import type { Listening } from '../src/listen.ts';
import { BUCKET, type S3Fixture, startS3 } from './s3-fixture.ts';

let s3: S3Fixture;
let gateway: Listening;

beforeAll(async () => {
  s3 = await startS3();
  const odd = { statusCode: 200, headers: { 'x-odd': 'a\nb' } };
  gateway = await startGateway({
    port: 0,
    accountId: '000000000000',
    routes: [
      { routeKey: 'GET /odd', functionName: 'odd' },
      { routeKey: '$default', functionName: 'echo' },
    ],
    host: {
      invoke: async (name, event) => ({
        ok: true,
        payload: name === 'odd' ? JSON.stringify(odd) : event,
      }),
    },
    ownRoutes: async (request) => {
      if (request.url === '/gone.js') throw new Error('no such file');
      return false;
    },
  });
});
afterAll(async () => {
  gateway.cut();
  await gateway.close();
  await s3.close();
});

// What a request makes these print is a defect: a stack on the terminal, at anybody's will.
let printed: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  printed = vi.spyOn(console, 'error');
});
afterEach(() => {
  expect(printed.mock.calls).toEqual([]);
  printed.mockRestore();
});

/** Sends the bytes and reads until the connection ends; `cut` ends it instead of waiting. */
function send(url: string, bytes: string, cut = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(bytes, 'latin1', () => cut && socket.destroy());
  });
}

const request = (line: string, headers: Record<string, string> = {}, body = '') =>
  [
    `${line} HTTP/1.1`,
    ...Object.entries({ host: '127.0.0.1', connection: 'close', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    ...(body ? [`content-length: ${body.length}`] : []),
    '',
    body,
  ].join('\r\n');

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
const credentialOf = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=x/20261122/us-east-1/${service}/aws4_request`;

describe('given an odd request, the AWS endpoint', () => {
  test.each([
    ['sqs', {}, '<Code>MalformedQueryString</Code>'],
    ['sqs', { 'x-amz-target': 'AmazonSQS.ListQueues' }, '"__type":"MalformedQueryString"'],
    ['dynamodb', { 'content-type': 'application/x-amz-json-1.0' }, '"MalformedQueryString"'],
    ['s3', {}, '<Code>InvalidURI</Code>'],
  ])('refuses a broken escape in %s’s own shape', async (service, headers, expected) => {
    const authorization = credentialOf(service);
    const answer = await send(
      s3.cloud.endpoint,
      request('POST /?a=%zz', { ...headers, authorization }),
    );
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain(expected);
  });

  test('takes a body that is cut off for the sender’s affair', async () => {
    for (const service of ['sqs', 'dynamodb', 's3']) {
      const headers = { authorization: credentialOf(service), 'content-length': '1000' };
      await send(s3.cloud.endpoint, request('POST /', headers).concat('half'), true);
    }
    const form = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '1000' };
    await send(s3.cloud.endpoint, request(`POST /${BUCKET}`, form).concat('--x\r\n'), true);
    expect(statusOf(await send(s3.cloud.endpoint, request('GET /')))).toBe(403);
  });

  test('refuses it, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(oddRequest(), async (bytes) => {
        const status = statusOf(await send(s3.cloud.endpoint, bytes));
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status === 501 || status < 500).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('given an odd request, the gateway', () => {
  test.each(['/%zz?%zz=%', '//', '/a?constructor=1&__proto__=2', '*', 'http://[/'])(
    'hands %s to the function as it came',
    async (target) => {
      const answer = await send(gateway.url, request(`OPTIONS ${target}`));
      expect(statusOf(answer)).toBe(200);
      expect(answer).toContain(`"rawPath":"${target.split('?')[0]}"`);
    },
  );

  test('counts a parameter named as what every object has for what was sent', async () => {
    const answer = await send(gateway.url, request('GET /a?constructor=1&constructor=2'));
    expect(answer).toContain('"queryStringParameters":{"constructor":"1,2"}');
  });

  test('answers 500 where the function’s answer cannot be sent or an own route fails', async () => {
    for (const path of ['/odd', '/gone.js']) {
      const answer = await send(gateway.url, request(`GET ${path}`));
      expect(statusOf(answer)).toBe(500);
      expect(answer).toContain('{"message":"Internal Server Error"}');
      expect(answer).not.toContain('x-odd');
    }
  });

  test('answers it without failing, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(oddRequest(), async (bytes) => {
        expect(statusOf(await send(gateway.url, bytes))).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });
});

function oddRequest(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom('/', '//', '%', '%zz', '%00', '%ED%A0%80', '%2e%2e', '+', BUCKET, 'x-id', 'ü'),
    fc.constantFrom('?', '&', '=', 'X-Amz-Credential=a/b', 'X-Amz-Algorithm=', 'X-Amz-Signature=1'),
    fc.constantFrom('*', 'http://', 'constructor', '__proto__', 'uploads', 'uploadId=%'),
    fc.stringMatching(/^[!-~]{1,9}$/),
  );
  const target = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);
  const value = fc.oneof(
    fc.constantFrom('%zz', 'ü', ',', '=', '\t', '__proto__', 'multipart/form-data', 'x; boundary='),
    fc.constantFrom('s3', 'sqs', 'dynamodb', 'secretsmanager', 'x').map(credentialOf),
    fc.stringMatching(/^[ -~]{0,20}$/),
  );
  const name = fc.constantFrom(
    ...['authorization', 'x-amz-target', 'x-amz-date', 'x-amz-content-sha256', 'content-type'],
    ...['origin', 'cookie', 'range', 'date', 'access-control-request-method', '__proto__'],
  );
  const headers = fc.dictionary(name, value, { maxKeys: 5 });
  const body = fc.constantFrom('', '{', '{"a":{}}', 'Action=ListQueues', '--x\r\n', '\u0000\u00ff');
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH');
  return fc
    .tuple(method, target, headers, body)
    .map(([verb, path, given, content]) => request(`${verb} ${path}`, given, content));
}
