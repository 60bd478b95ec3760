import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClientKeys, type MadeKey } from '../../infra/stage/client-keys.ts';
import { createAnalysisId } from '../../lib/analysis/ids.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import { announce } from '../support/client.ts';
import { sign } from '../support/sign.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

// Everyone who should not come in, at the doors of the running service.

let stack: RunningStack;
let keys: ReturnType<typeof createClientKeys>;
let stranger: MadeKey;
let dataDir: string;
/** Every key, token and signature that was sent. */
const used = new Set<string>();

beforeAll(async () => {
  const home = await createHome({ RATE_LIMIT_PER_MINUTE: '0' });
  dataDir = home.dataDir;
  stack = await startStack(home);
  const { region, awsEndpoint: endpoint, ...credentials } = stack.info;
  const connection = { region, endpoint, credentials };
  const secrets = new SecretsManagerClient(connection);
  keys = createClientKeys({
    stage: 'local',
    tableName: 'sightline-local',
    table: connectTable(connection),
    async readDoorSecret() {
      const command = new GetSecretValueCommand({ SecretId: 'sightline/local/door' });
      return (await secrets.send(command)).SecretString ?? '';
    },
  });
  stranger = await keys.create('stranger');
}, 60_000);
afterAll(() => stack?.stop());

async function come(key: string | undefined, path = '/v1/analyses', init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  for (const credential of [key, headers.get('signature')]) if (credential) used.add(credential);
  if (init.body) headers.set('content-type', 'application/json');
  const response = await fetch(`${stack.info.apiUrl}${path}`, { ...init, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
const statusOf = async (...visit: Parameters<typeof come>) => (await come(...visit)).status;

async function makeToken(key: string, request: object): Promise<string> {
  const init = { method: 'POST', body: JSON.stringify(request) };
  return JSON.parse((await come(key, '/v1/tokens', init)).text).token;
}

test('no key, a wrong one and a revoked one are refused alike, as a problem', async () => {
  const { key } = await keys.create('gone');
  expect(await statusOf(key)).toBe(200);
  await keys.revoke('gone');
  const bodies = new Set<string>();
  for (const each of [undefined, 'sk_local_wrong', 'st_wrong', 'a.b.c', key]) {
    const { status, headers, text } = await come(each);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    bodies.add(text.replace(/"requestId":"[^"]+"/, ''));
  }
  expect(bodies.size).toBe(1);
});

test('another client’s analysis is not to be told from one that never was, nor read, nor deleted', async () => {
  const { id } = await announce(stack, { filename: 'a.jpg', contentType: 'image/jpeg' });
  const never = createAnalysisId(Date.now());
  for (const method of ['GET', 'DELETE']) {
    const answers = await Promise.all(
      [id, never, 'an_x', '..%2f'].map((each) =>
        come(stranger.key, `/v1/analyses/${each}`, { method }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    const bodies = answers.map(({ text }) => text.replace(/"requestId":"[^"]+"/, ''));
    expect(new Set(bodies).size).toBe(1);
  }
  expect((await stack.call(`/v1/analyses/${id}`)).status).toBe(200);
});

test('a scope too small', async () => {
  const { key } = await keys.create('reader', ['read']);
  expect(await statusOf(key)).toBe(200);
  expect(await statusOf(key, '/v1/uploads', { method: 'POST', body: '{}' })).toBe(403);
  expect(await statusOf(key, '/v1/analyze', { method: 'POST' })).toBe(403);
  expect(await statusOf(key, '/v1/analyses/an_x', { method: 'DELETE' })).toBe(403);
});

test('a token past its count, past its life, or with its key revoked', async () => {
  const counted = await makeToken(stranger.key, { scopes: ['read'], maxUses: 2 });
  const statuses = [await statusOf(counted), await statusOf(counted), await statusOf(counted)];
  expect(statuses).toEqual([200, 200, 401]);
  const short = await makeToken(stranger.key, { scopes: ['read'], expiresInSeconds: 1 });
  await expect.poll(() => statusOf(short), { timeout: 5_000, interval: 200 }).toBe(401);
  const { key } = await keys.create('brief');
  const token = await makeToken(key, { scopes: ['read'] });
  expect(await statusOf(token)).toBe(200);
  await keys.revoke('brief');
  expect(await statusOf(token)).toBe(401);
});

test('an address outside the list', async () => {
  const { key } = await keys.create('office');
  await keys.decide('office', { allow: ['192.0.2.0/24'] });
  expect(await statusOf(key)).toBe(403);
  await keys.decide('office', { allow: ['192.0.2.0/24', '127.0.0.0/8'] });
  expect(await statusOf(key)).toBe(200);
  // What the caller says of itself is not listened to.
  await keys.decide('office', { allow: ['192.0.2.0/24'] });
  const headers = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' };
  expect(await statusOf(key, '/v1/analyses', { headers })).toBe(403);
});

test('a request without a signature, and a signature that is used again', async () => {
  const { key, keyId } = await keys.create('signer');
  await keys.decide('signer', { signing: true });
  const secret = await keys.readSigningSecret('signer');
  const body = JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg' });
  const request = { method: 'POST', path: '/v1/uploads', body, keyId, secret };
  const init = { method: 'POST', body, headers: sign(request) };
  expect(await statusOf(key, '/v1/uploads', { method: 'POST', body })).toBe(401);
  expect(await statusOf(key, '/v1/uploads', init)).toBe(201);
  expect(await statusOf(key, '/v1/uploads', init)).toBe(401);
  const path = '/v1/analyses?limit=1&status=awaiting_upload';
  expect(
    await statusOf(key, path, { headers: sign({ ...request, method: 'GET', path, body: '' }) }),
  ).toBe(200);
});

test('the log holds no key, no token and no signature of all of these', () => {
  const log = readFileSync(join(dataDir, 'logs', 'sightline.log'), 'utf8');
  expect(log).toContain(stranger.keyId);
  expect(used.size).toBeGreaterThan(10);
  for (const credential of used) expect(log).not.toContain(credential);
});

test('every answer says what a browser needs to know', async () => {
  for (const path of ['/v1/analyses', '/health', '/nowhere']) {
    const { headers } = await come(stranger.key, path);
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  }
  const page = await come(undefined, '/');
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});
