import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from 'laptop-cloud/gateway';
import type { Listening } from 'laptop-cloud/listen';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPage } from '../../local/page.ts';

let gateway: Listening;
const web = mkdtempSync(join(tmpdir(), 'sightline-web-'));

beforeAll(async () => {
  writeFileSync(join(web, 'index.html'), '<!doctype html>');
  for (const name of ['app.js', 'gone.js']) writeFileSync(join(web, name), 'export {};');
  const awsEndpoint = 'http://127.0.0.1:4566';
  const model = { standIn: true, names: ['m'] };
  gateway = await startGateway({
    port: 0,
    accountId: '000000000000',
    routes: [{ routeKey: '$default', functionName: 'rest' }],
    host: { invoke: async () => ({ ok: true, payload: '"the API"' }) },
    ownRoutes: createPage(web, { apiKey: 'sk_local_x', awsEndpoint, model, maxBytes: 5 }),
  });
});
afterAll(async () => {
  gateway.cut();
  await gateway.close();
  rmSync(web, { recursive: true });
});

const call = (path: string, init?: RequestInit) => fetch(gateway.url + path, init);

describe('the page', () => {
  test('comes with its type and a policy that lets nothing else in', async () => {
    const response = await call('/');
    expect(await response.text()).toBe('<!doctype html>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain(
      "connect-src 'self' http://127.0.0.1:4566",
    );
    expect((await call('/app.js')).headers.get('content-type')).toContain('text/javascript');
  });

  test('is told key, endpoint and model, which no other origin may read', async () => {
    const response = await call('/config.json', { headers: { origin: 'https://evil.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(await response.json()).toEqual({
      apiKey: 'sk_local_x',
      awsEndpoint: 'http://127.0.0.1:4566',
      model: { standIn: true, names: ['m'] },
      maxBytes: 5,
    });
  });

  test.each(['/..%2fpackage.json', '/../package.json', '/app.js/', '/%2e%2e%2findex.html'])(
    'has no file at %s',
    async (path) => expect(await (await call(path)).text()).toBe('the API'),
  );

  test('answers 500 where a file of it is gone', async () => {
    rmSync(join(web, 'gone.js'));
    const response = await call('/gone.js');
    expect([response.status, await response.json()]).toEqual([
      500,
      { message: 'Internal Server Error' },
    ]);
  });
});
