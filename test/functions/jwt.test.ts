import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authenticate, createAuthenticator } from '../../lib/auth/authenticate.ts';
import { createJwtReader } from '../../lib/auth/jwt.ts';
import { readConfig } from '../../lib/config.ts';
import { startIssuer } from '../support/issuer.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let door: Authenticate;
let now = Date.now();

beforeAll(async () => {
  issuer = await startIssuer();
  service = await startService({ jwtIssuer: issuer.url, jwtAudience: 'sightline' });
  const environment = service.played.functions.find(({ name }) => name === 'get-analysis');
  const { DOOR } = readConfig(['DOOR'], environment?.environment);
  if (!DOOR.jwt) throw new Error('The stage takes no JWTs');
  door = createAuthenticator({
    ...service.doorDeps,
    readJwt: createJwtReader(DOOR.jwt, () => now),
  });
  await service.registry.decide('portal', { uploadsPerMinute: 99 });
});
afterAll(async () => {
  await issuer.close();
  await service.stop();
});

async function come(jwt: string) {
  const requestContext = { http: { method: 'GET', sourceIp: '198.51.100.7' } };
  const event = { headers: { authorization: `Bearer ${jwt}` }, requestContext };
  // biome-ignore lint/suspicious/noExplicitAny: as much of an event as a door looks at
  return door(event as any, 'read');
}
const good = { client_id: 'portal', scope: 'openid read upload' };

test('a JWT of the issuer lets its client in, with the scopes that it names and the settings that were decided', async () => {
  expect(await come(issuer.mint(good))).toMatchObject({
    clientId: 'portal',
    via: 'jwt',
    scopes: ['upload', 'read'],
    uploadsPerMinute: 99,
  });
  const others = { ...SETTINGS, issuer: issuer.url, clientClaim: 'azp', scopeClaim: 'scp' };
  const read = createJwtReader({ ...others, scopePrefix: 'sightline/' });
  const claims = { azp: 'portal', scp: ['sightline/read', 'other/admin', 'upload'] };
  expect(await read(issuer.mint(claims))).toEqual({ clientId: 'portal', scopes: ['read'] });
});

test('a scope too small is forbidden, not unauthorized', async () => {
  await expect(come(issuer.mint({ ...good, scope: 'upload' }))).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(come(issuer.mint({ client_id: 'portal' }))).rejects.toMatchObject({
    code: 'forbidden',
  });
});

const seconds = Math.floor(Date.now() / 1000);
test.each([
  ['that is over', { exp: seconds - 61 }],
  ['that never ends', { exp: undefined }],
  ['that is not valid yet', { nbf: seconds + 120 }],
  ['for another audience', { aud: 'somebody-else' }],
  ['for no audience', { aud: undefined }],
  ['of another issuer', { iss: 'https://issuer.example.com' }],
  ['of a client that nobody has made', { client_id: 'stranger' }],
  ['without a client', { client_id: undefined }],
  ['whose client is no name', { client_id: { $ne: '' } }],
])('one %s is refused', async (_, claims) => {
  await expect(come(issuer.mint({ ...good, ...claims }))).rejects.toMatchObject({
    code: 'unauthorized',
  });
});

test('one that somebody else has signed, or nobody, is refused', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [head = '', claims = ''] = issuer.mint(good).split('.');
  const none = Buffer.from('{"alg":"none","kid":"one"}').toString('base64url');
  // The public key as an HMAC's secret: what a verifier falls for that believes `alg`.
  const hmac = Buffer.from('{"alg":"HS256","kid":"one"}').toString('base64url');
  const pem = issuer.publicKey.export({ type: 'spki', format: 'pem' });
  const mac = createHmac('sha256', pem).update(`${hmac}.${claims}`).digest('base64url');
  for (const jwt of [
    issuer.mint(good, {}, other.privateKey),
    issuer.mint(good, { kid: 'two' }, other.privateKey),
    `${none}.${claims}.x`,
    `${hmac}.${claims}.${mac}`,
    `${head}.${claims}.AAAA`,
    'a.b.c',
    `${head}.${'x'.repeat(9_000)}.x`,
  ])
    await expect(come(jwt)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('the issuer is asked once, also where many keys are unknown, and again after ten minutes', async () => {
  const before = issuer.asked.length;
  for (let index = 0; index < 5; index += 1) {
    await come(issuer.mint(good));
    await expect(come(issuer.mint(good, { kid: `k${index}` }))).rejects.toThrow();
  }
  expect(issuer.asked.length - before).toBeLessThanOrEqual(1);
  now += 600_000;
  await come(issuer.mint(good));
  expect(issuer.asked.slice(-2)).toEqual(['/.well-known/openid-configuration', '/keys']);
});

test('an issuer that cannot be asked is our trouble, and asked again', async () => {
  const gone = createJwtReader({ ...SETTINGS, issuer: 'http://127.0.0.1:9' });
  const jwt = issuer.mint(good);
  await expect(gone(jwt)).rejects.toMatchObject({ code: 'internal' });
  await expect(gone(jwt)).rejects.toThrow();
  const liar = createJwtReader({ ...SETTINGS, issuer: `${issuer.url}/` });
  await expect(liar(jwt)).rejects.toThrow('is the configuration of another issuer');
});

const SETTINGS = {
  audience: 'sightline',
  clientClaim: 'client_id',
  scopeClaim: 'scope',
  scopePrefix: '',
};

test('a stage that names an issuer without an audience does not start', () => {
  const jwt = { issuer: 'https://issuer.example.com', ...SETTINGS, audience: '' };
  const DOOR = JSON.stringify({ secretId: 'x', allow: '', jwt });
  expect(() => readConfig(['DOOR'], { DOOR })).toThrow('DOOR');
});

test('a stage without an issuer takes no JWT', async () => {
  door = createAuthenticator(service.doorDeps);
  await expect(come(issuer.mint(good))).rejects.toMatchObject({ code: 'unauthorized' });
});
