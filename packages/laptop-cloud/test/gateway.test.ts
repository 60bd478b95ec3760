import { request as sendRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startGateway } from '../src/http-api/gateway.ts';
import { fail, type InvocationResult } from '../src/lambda/protocol.ts';
import type { Listening } from '../src/listen.ts';

const MEGABYTE = 1_048_576;

type Answer = (event: Record<string, unknown>) => unknown;

/** Functions without processes: what they return is the test's, what reaches them is kept. */
const functions: Record<string, Answer> = {
  echo: (event) => ({ statusCode: 200, body: JSON.stringify(event) }),
  plain: () => ({ hello: 'wörld' }),
  words: () => 'just words',
  made: () => ({
    statusCode: 201,
    headers: {
      Location: '/v1/x',
      'X-Count': 3,
      'access-control-allow-origin': 'https://evil.example',
    },
    cookies: ['a=1; Secure', 'b=2'],
    body: Buffer.from([1, 2, 255]).toString('base64'),
    isBase64Encoded: true,
  }),
  unchanged: () => ({ statusCode: 304, headers: { etag: '"1"' } }),
  misshapen: () => ({ statusCode: 'many', body: { not: 'text' } }),
};

/** Of those who wait for the function that never answers. */
const waiting: (AbortSignal | undefined)[] = [];

async function invoke(
  name: string,
  event: string,
  signal?: AbortSignal,
): Promise<InvocationResult> {
  if (name === 'failing') return fail('timeout', 'Sandbox.Timedout', 'secret details');
  if (name === 'slow') waiting.push(signal);
  if (name === 'slow') return new Promise(() => {});
  if (Buffer.byteLength(event) > 6_291_456) {
    return fail('size', 'RequestEntityTooLargeException', 'too large');
  }
  return { ok: true, payload: JSON.stringify(functions[name]?.(JSON.parse(event)) ?? null) };
}

const routes = [
  ['GET /v1/things/{id}', 'echo'],
  ['GET /v1/things/fixed', 'plain'],
  ['ANY /v1/things/{id}', 'words'],
  ['GET /files/{path+}', 'echo'],
  ['POST /echo', 'echo'],
  ['GET /made', 'made'],
  ['GET /unchanged', 'unchanged'],
  ['GET /misshapen', 'misshapen'],
  ['GET /failing', 'failing'],
  ['GET /slow', 'slow'],
  ['$default', 'echo'],
].map(([routeKey = '', functionName = '']) => ({ routeKey, functionName }));

let gateway: Listening;

beforeAll(async () => {
  gateway = await startGateway({
    port: 0,
    accountId: '000000000000',
    routes,
    host: { invoke },
    integrationTimeoutMs: 300,
    ownRoutes: async (request, response) => {
      if (request.url === '/own') response.end('not the API');
      return request.url === '/own';
    },
    cors: {
      allowedOrigins: ['*'],
      allowedHeaders: ['authorization'],
      allowedMethods: ['GET', 'POST'],
      exposedResponseHeaders: ['etag'],
      allowCredentials: false,
      maxAge: 600,
    },
  });
});
afterAll(async () => {
  gateway.cut();
  await gateway.close();
});

const call = (path: string, init?: RequestInit) => fetch(gateway.url + path, init);
const httpEvent = z.looseObject({
  routeKey: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().default(''),
  isBase64Encoded: z.boolean(),
});
/** The event that the echo function got. */
const callEcho = async (path: string, init?: RequestInit) =>
  httpEvent.parse(await (await call(path, init)).json());

describe('an event of the HTTP API', () => {
  test('has payload format 2.0, to the letter', async () => {
    const event = await callEcho('/v1/things/a%2Fb%20c?x=1&y=%C3%BC&x=2', {
      headers: { 'X-Custom': 'One', cookie: 'a=1; b=2', 'user-agent': 'tester' },
    });
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'GET /v1/things/{id}',
      rawPath: '/v1/things/a%2Fb%20c',
      rawQueryString: 'x=1&y=%C3%BC&x=2',
      cookies: ['a=1', 'b=2'],
      headers: expect.objectContaining({
        'x-custom': 'One',
        host: new URL(gateway.url).host,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
      }),
      queryStringParameters: { x: '1,2', y: 'ü' },
      pathParameters: { id: 'a/b c' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: '127.0.0.1',
        domainPrefix: '127',
        http: {
          method: 'GET',
          path: '/v1/things/a%2Fb%20c',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'tester',
        },
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        routeKey: 'GET /v1/things/{id}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
      body: '', // left out by the gateway, filled in by the parser here
    });
    expect(event.headers).not.toHaveProperty('cookie');
  });

  test('joins a repeated header by commas', async () => {
    const event = await new Promise<string>((resolve, reject) => {
      const { port } = new URL(gateway.url);
      const request = sendRequest({ host: '127.0.0.1', port, path: '/repeated' }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
      });
      request.on('error', reject).setHeader('X-Many', ['a', 'b']);
      request.end();
    });
    expect(JSON.parse(event).headers['x-many']).toBe('a,b');
  });

  test.each([
    ['application/json', '{"a":"ü"}', false],
    ['text/plain; charset=utf-8', 'ü', false],
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['image/png', '\u0000ÿ', true],
  ])('carries a body of type %s as text or base64', async (type, body, isBase64Encoded) => {
    const event = await callEcho('/echo', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body, isBase64Encoded ? 'base64' : 'utf8').toString()).toBe(body);
  });

  test('carries a multipart form in base64', async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array([0, 255])]), 'a.bin');
    const event = await callEcho('/echo', { method: 'POST', body: form });
    expect(event.isBase64Encoded).toBe(true);
    expect(Buffer.from(event.body, 'base64').includes(Buffer.from([0, 255]))).toBe(true);
  });
});

describe('a route', () => {
  test.each([
    ['GET', '/v1/things/fixed', { hello: 'wörld' }], // fixed before a parameter
    ['PUT', '/v1/things/other', 'just words'], // ANY where there is no method
  ])('%s %s is the most specific one', async (method, path, expected) => {
    const text = await (await call(path, { method })).text();
    expect(typeof expected === 'string' ? text : JSON.parse(text)).toEqual(expected);
  });

  test.each([
    ['/files/a/b/c', 'GET /files/{path+}'],
    ['/v1/things/x/', '$default'],
    ['/v1/things/', '$default'],
    ['/nowhere', '$default'],
  ])('for %s is %s', async (path, routeKey) => {
    expect((await callEcho(path)).routeKey).toBe(routeKey);
  });
});

describe('an answer', () => {
  test('has the function’s status, headers, cookies and bytes', async () => {
    const response = await call('/made');
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe('/v1/x');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
    expect(response.headers.get('apigw-requestid')).toBeTruthy();
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2, 255]));
  });

  test('304 comes without a body', async () => {
    const response = await call('/unchanged');
    expect([response.status, response.headers.get('etag')]).toEqual([304, '"1"']);
  });

  test.each([
    ['/misshapen', 500, 'Internal Server Error'],
    ['/failing', 500, 'Internal Server Error'],
    ['/slow', 503, 'Service Unavailable'],
  ])('of %s is %i, without details', async (path, status, message) => {
    const response = await call(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message });
  });

  test('is waited for no longer than the integration may take, nor when the client has gone', async () => {
    await call('/slow');
    expect(waiting.at(-1)?.aborted).toBe(true);
    const patient = await startGateway({
      port: 0,
      accountId: '000000000000',
      routes,
      host: { invoke },
    });
    const before = waiting.length;
    const client = new AbortController();
    const answer = fetch(`${patient.url}/slow`, { signal: client.signal });
    await expect.poll(() => waiting.length).toBe(before + 1);
    expect(waiting.at(-1)?.aborted).toBe(false);
    client.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => waiting.at(-1)?.aborted).toBe(true);
    await patient.close();
  });

  test.each([
    ['declared', 11 * MEGABYTE, true],
    ['sent in chunks', 11 * MEGABYTE, false],
    ['too large for an invocation once in base64', 5 * MEGABYTE, true],
  ])('to a body that is too large (%s) is 413', async (_case, size, declared) => {
    const body = declared ? new Uint8Array(size) : new Blob([new Uint8Array(size)]).stream();
    const response = await call('/echo', { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: 'Request Entity Too Large' });
  });
});

describe('a browser of another origin', () => {
  const origin = 'https://app.example';

  test('gets its preflight answered by the gateway', async () => {
    const headers = { origin, 'access-control-request-method': 'POST' };
    const response = await call('/v1/things/a', { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,POST');
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization');
    expect(response.headers.get('access-control-max-age')).toBe('600');
  });

  test('gets the gateway’s CORS headers, not the function’s, and none without an origin', async () => {
    const asked = await call('/made', { headers: { origin } });
    expect(asked.headers.get('access-control-allow-origin')).toBe('*');
    expect(asked.headers.get('access-control-expose-headers')).toBe('etag');
    const unasked = await call('/made');
    expect(unasked.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a request', () => {
  test('that is for an own route never becomes an event', async () => {
    expect(await (await call('/own')).text()).toBe('not the API');
  });

  test('is refused to a host name that was made to lead here', async () => {
    const status = await new Promise((resolve, reject) => {
      const { port } = new URL(gateway.url);
      const headers = { host: `evil.example:${port}` };
      sendRequest({ host: '127.0.0.1', port, path: '/own', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });
});
