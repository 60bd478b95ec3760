import type { Context } from 'aws-lambda';
import { verifySignature } from 'http-message-sig';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createHttpHandler } from '../../lib/api/http.ts';
import { createAuthenticator } from '../../lib/auth/authenticate.ts';
import { deriveEdgeSecret } from '../../lib/auth/edge.ts';
import { hashKey, SCOPES, type Scope } from '../../lib/auth/key-store.ts';
import { createHmacVerifier, deriveSigningSecret } from '../../lib/auth/signature.ts';
import { type Service, startService } from '../support/service.ts';
import { sign, type ToSign } from '../support/sign.ts';

// Everyone who comes to a door, through the very chain that stands around every function.

const HERE = '198.51.100.7';
const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
let service: Service;

beforeAll(async () => {
  service = await startService();
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  for (const scope of SCOPES) await service.addKey(`sk_${scope}`, `only-${scope}`, [scope]);
});
afterAll(() => service.stop());

let now = Date.now();

interface Visit {
  key?: string;
  scope?: Scope;
  address?: string;
  allow?: string[];
  addressHeader?: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | undefined;
  isBase64Encoded?: boolean;
}

/** A call of a route that needs the scope; answers with who the caller is. */
async function visit({ key = 'sk_read', scope = 'read', ...visited }: Visit = {}) {
  const {
    address = HERE,
    allow = [],
    addressHeader,
    method = 'GET',
    path = '/v1/x',
    ...sent
  } = visited;
  const handler = createHttpHandler({
    door: createAuthenticator({ ...service.doorDeps, allow, addressHeader, now: () => now }),
    scope,
    input: z.object({}),
    handle: async ({ caller }) => ({ status: 200, body: caller }),
  });
  const headers = { host: 'api.example.com', authorization: `Bearer ${key}`, ...sent.headers };
  const [rawPath = '', rawQueryString = ''] = path.split('?');
  const http = { method, path: rawPath, sourceIp: address };
  const requestContext = { requestId: 'r', timeEpoch: now, http };
  const event = { ...sent, headers, requestContext, rawPath, rawQueryString };
  // biome-ignore lint/suspicious/noExplicitAny: as much of an event as a door looks at
  const answer = await handler(event as any, context);
  return { status: answer.statusCode, body: JSON.parse(String(answer.body)) };
}

describe('scopes', () => {
  test('a key opens what its scope is for, and nothing else', async () => {
    for (const held of SCOPES)
      for (const scope of SCOPES) {
        const { status, body } = await visit({ key: `sk_${held}`, scope });
        if (held === scope) expect(body).toMatchObject({ clientId: `only-${held}` });
        else expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
      }
  });
});

describe('addresses', () => {
  test('one outside of the stage’s list is refused, whatever the key', async () => {
    for (const key of ['sk_read', 'sk_wrong'])
      expect(await visit({ key, allow: ['10.0.0.0/8'] })).toMatchObject({ status: 403 });
    expect(await visit({ allow: ['10.0.0.0/8', '198.51.100.0/24'] })).toMatchObject({
      status: 200,
    });
  });

  test('one outside of the client’s own list is refused to this client alone', async () => {
    await service.addKey('sk_office', 'office');
    await service.registry.decide('office', { allow: ['192.0.2.0/24', '2001:db8::/32'] });
    const from = async (address: string) => (await visit({ key: 'sk_office', address })).status;
    expect(await from(HERE)).toBe(403);
    expect(await from('192.0.2.1')).toBe(200);
    expect(await from('2001:db8::9')).toBe(200);
    expect((await visit()).status).toBe(200);
  });
});

describe('behind CloudFront', () => {
  const addressHeader = 'cloudfront-viewer-address';
  const come = async (viewer: string, secret: string) => {
    const headers = { [addressHeader]: viewer, 'x-edge-secret': secret };
    return visit({ addressHeader, headers, allow: ['192.0.2.0/24', '2001:db8::/32'] });
  };
  const secret = deriveEdgeSecret('the secret of this stage');

  test.each(['192.0.2.7:46532', '2001:db8::7:46532', '[2001:db8::7]:46532', '192.0.2.7'])(
    'the viewer’s address counts: %s',
    async (viewer) => expect(await come(viewer, secret)).toMatchObject({ status: 200 }),
  );

  test('an address that is not on the list is refused, and so is whoever calls past the edge', async () => {
    expect((await come('198.51.100.1:46532', secret)).status).toBe(403);
    for (const wrong of ['', 'es_wrong', secret.replace(/.$/, '*')])
      expect((await come('192.0.2.7:46532', wrong)).status).toBe(403);
    expect((await visit({ addressHeader, address: '192.0.2.7' })).status).toBe(403);
  });

  test('where none is configured, its header means nothing', async () => {
    const headers = { [addressHeader]: '192.0.2.7:46532', 'x-edge-secret': secret };
    expect((await visit({ headers, allow: ['192.0.2.0/24'] })).status).toBe(403);
  });
});

describe('signed requests', () => {
  const path = '/v1/x?limit=5';
  let keyId = '';
  let secret = '';
  beforeAll(async () => {
    await service.addKey('sk_signer', 'signer');
    const { settings, keys } = await service.registry.decide('signer', { signing: true });
    expect(settings.signing).toBe(true);
    keyId = keys[0]?.keyId ?? '';
    secret = deriveSigningSecret(await service.doorDeps.readSecret(), keyId);
  });
  const come = (changes: Partial<ToSign> = {}, sent: Partial<Visit> = {}) => {
    // One moment for all: the same request a second later would be another signature.
    const created = seconds();
    const request = { method: 'POST', path, body: '{"a":1}', keyId, secret, created, ...changes };
    return visit({ key: 'sk_signer', ...request, headers: sign(request), ...sent });
  };
  const seconds = () => Math.floor(now / 1000);

  test('a signature over method, path, query and body is taken, once', async () => {
    const nonce = 'first';
    expect((await come({ nonce })).body).toMatchObject({ clientId: 'signer' });
    expect(await come({ nonce })).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect((await come({ nonce: 'second' })).status).toBe(200);
  });

  test('of twenty replays at the same time, one is let in', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => come({ nonce: 'crowd' })));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('neither without a signature, nor with another secret, another key’s id or another algorithm', async () => {
    expect((await visit({ key: 'sk_signer' })).status).toBe(401);
    expect((await come({ secret: 'ss_another' })).status).toBe(401);
    expect((await come({ keyId: 'key_another' })).status).toBe(401);
    const headers = sign({ method: 'GET', path, keyId, secret });
    headers['signature-input'] =
      headers['signature-input']?.replace('hmac-sha256', 'ed25519') ?? '';
    expect((await visit({ key: 'sk_signer', path, headers })).status).toBe(401);
  });

  test.each([
    ['another method', { method: 'PUT' }],
    ['another path', { path: '/v1/y?limit=5' }],
    ['another query', { path: '/v1/x?limit=6' }],
    ['another body', { body: '{"a":2}' }],
  ])('not where it was made for %s', async (_, sent) => {
    expect((await come({ nonce: JSON.stringify(sent).replaceAll('"', '') }, sent)).status).toBe(
      401,
    );
  });

  test.each([['@method'], ['@path'], ['@query'], ['content-digest']])(
    'not where it leaves out %s',
    async (left) => {
      const all = ['@method', '@path', '@query', 'content-digest'];
      expect((await come({ components: all.filter((name) => name !== left) })).status).toBe(401);
    },
  );

  test('not where it is older than five minutes, or from the future', async () => {
    const nonce = 'time';
    expect((await come({ nonce, created: seconds() - 361 })).status).toBe(401);
    expect((await come({ nonce, created: seconds() + 62 })).status).toBe(401);
    expect((await come({ nonce, created: seconds() - 290 })).status).toBe(200);
  });

  test('a body in base64 is digested as it was sent', async () => {
    const body = Buffer.from([0xff, 0xd8, 0xff, 0x00]);
    const sent = { body: body.toString('base64'), isBase64Encoded: true };
    expect((await come({ body }, sent)).status).toBe(200);
  });

  test('a header that is not ASCII stands in nobody’s way', async () => {
    const request = { method: 'GET', path, keyId, secret };
    const headers = { ...sign(request), 'user-agent': 'Fotobücher/1.0' };
    expect((await visit({ key: 'sk_signer', path, headers })).status).toBe(200);
  });
});

test('the verifier takes the HMAC of RFC 9421, B.2.5, and no other', async () => {
  const secret =
    'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';
  const verify = (signature: string) =>
    verifySignature(
      {
        kind: 'request',
        method: 'POST',
        targetUri: 'https://example.com/foo?param=Value&Pet=dog',
        fields: [
          { name: 'Date', value: 'Tue, 20 Apr 2021 02:07:55 GMT' },
          { name: 'Content-Type', value: 'application/json' },
          {
            name: 'Signature-Input',
            value:
              'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
          },
          { name: 'Signature', value: `sig-b25=:${signature}:` },
        ],
      },
      {
        policy: { algorithms: ['hmac-sha256'], requiredComponents: [], requiredParameters: [] },
        resolveVerifier: () => createHmacVerifier(Buffer.from(secret, 'base64')),
      },
    );
  const verified = await verify('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=');
  expect(verified.parameters.keyid).toBe('test-shared-secret');
  await expect(verify('qxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=')).rejects.toThrow('failed');
});

describe('tokens', () => {
  /** What `POST /v1/tokens` answers to the key. */
  async function make(key: string, request: object = {}) {
    const { createHandler } = await import('../../functions/create-token.ts');
    const door = createAuthenticator(service.doorDeps);
    const handler = createHandler({ door, tokens: service.doorDeps.tokens, now: () => now });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const requestContext = { requestId: 'r', timeEpoch: now, http: { sourceIp: HERE } };
    const event = { headers, requestContext, body: JSON.stringify(request) };
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const answer = await handler(event as any, context);
    return { status: answer.statusCode, body: JSON.parse(String(answer.body)) };
  }
  const make1 = async (key: string, request: object) => (await make(key, request)).body.token;

  test('one opens what it was made for, and nothing else', async () => {
    await service.addKey('sk_shop', 'shop');
    const { status, body } = await make('sk_shop', { scopes: ['read'], expiresInSeconds: 60 });
    expect(status).toBe(201);
    expect(Date.parse(body.expiresAt) - now).toBeGreaterThan(58_000);
    expect((await visit({ key: body.token })).body).toMatchObject({
      clientId: 'shop',
      via: 'token',
    });
    expect(await visit({ key: body.token, scope: 'upload' })).toMatchObject({ status: 403 });
  });

  test('of forty uses at the same time, exactly as many are let in as were asked for', async () => {
    const key = await make1('sk_read', { scopes: ['read'], maxUses: 7 });
    const visits = await Promise.all(Array.from({ length: 40 }, () => visit({ key })));
    const statuses = visits.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(7);
    expect(statuses.filter((status) => status === 401)).toHaveLength(33);
  });

  test('one ends with its life, though the table deletes it late', async () => {
    const key = await make1('sk_read', { scopes: ['read'], expiresInSeconds: 3_600 });
    expect((await visit({ key })).status).toBe(200);
    now += 3_600_000;
    expect((await visit({ key })).status).toBe(401);
    now = Date.now();
  });

  test('one has no more scopes than its key, whatever the table says', async () => {
    await service.addKey('sk_narrow', 'narrow', ['read']);
    const expiresAt = Math.ceil(now / 1000) + 60;
    const parent = hashKey('sk_narrow');
    const scopes: Scope[] = ['read', 'upload'];
    const token = { clientId: 'narrow', parent, scopes, maxUses: 9, expiresAt };
    await service.doorDeps.tokens.create(hashKey('st_wide'), token);
    expect((await visit({ key: 'st_wide', scope: 'read' })).status).toBe(200);
    expect((await visit({ key: 'st_wide', scope: 'upload' })).status).toBe(403);
  });

  test('one ends with its key', async () => {
    await service.addKey('sk_brief', 'brief');
    const key = await make1('sk_brief', { scopes: ['read'] });
    const [listed] = (await service.registry.read('brief'))?.keys ?? [];
    expect((await visit({ key })).status).toBe(200);
    if (listed) await service.registry.removeKey('brief', listed);
    expect(await visit({ key })).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  test('a key makes none for what it may not do itself, nor for longer or more than may be', async () => {
    expect(await make('sk_read', { scopes: ['upload'] })).toMatchObject({ status: 403 });
    for (const request of [
      { scopes: ['admin'] },
      { scopes: [] },
      { scopes: ['read'], expiresInSeconds: 3_601 },
      { scopes: ['read'], maxUses: 1_001 },
      { scopes: ['read'], maxUses: 0 },
      { uses: 5 },
    ])
      expect(await make('sk_read', request)).toMatchObject({ status: 400 });
  });

  test('a token makes no tokens', async () => {
    const key = await make1('sk_read', { scopes: ['read'] });
    expect(await make(key, { scopes: ['read'] })).toMatchObject({ status: 403 });
  });

  test('a client’s allow list holds for its tokens, too', async () => {
    await service.addKey('sk_desk', 'desk');
    const key = await make1('sk_desk', { scopes: ['read'] });
    await service.registry.decide('desk', { allow: ['192.0.2.0/24'] });
    expect((await visit({ key })).status).toBe(403);
  });
});

describe('settings', () => {
  test('come with the key, as they were decided last', async () => {
    await service.addKey('sk_quick', 'quick');
    expect((await visit({ key: 'sk_quick' })).body.readsPerMinute).toBeUndefined();
    await service.registry.decide('quick', { readsPerMinute: 600, uploadsPerMinute: 60 });
    const told = { readsPerMinute: 600, uploadsPerMinute: 60 };
    expect((await visit({ key: 'sk_quick' })).body).toMatchObject(told);
    await service.addKey('sk_quick_next', 'quick');
    expect((await visit({ key: 'sk_quick_next' })).body).toMatchObject(told);
    await service.registry.decide('quick', { readsPerMinute: undefined });
    expect((await visit({ key: 'sk_quick_next' })).body.readsPerMinute).toBeUndefined();
  });
});
