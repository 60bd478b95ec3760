import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { SCOPES, type Scope } from '../../lib/aws/clients.ts';
import { createDoor } from '../../lib/door.ts';
import { createHttpHandler } from '../../lib/http.ts';
import { type Service, startService } from '../support/service.ts';

// Everyone who comes to a door, through the very chain that stands around every function.

const HERE = '198.51.100.7';
const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
let service: Service;

beforeAll(async () => {
  service = await startService();
  for (const scope of SCOPES) await service.addKey(`sk_${scope}`, `only-${scope}`, [scope]);
});
afterAll(() => service.stop());

interface Visit {
  key?: string;
  scope?: Scope;
  address?: string;
  allow?: string[];
}

/** A call of a route that needs the scope; answers with who the caller is. */
async function visit({ key = 'sk_read', scope = 'read', address = HERE, allow = [] }: Visit = {}) {
  const handler = createHttpHandler({
    door: createDoor({ ...service, allow }),
    scope,
    input: z.object({}),
    handle: async ({ caller }) => ({ status: 200, body: caller }),
  });
  const headers = { authorization: `Bearer ${key}` };
  const http = { method: 'GET', path: '/v1/x', sourceIp: address };
  const requestContext = { requestId: 'r', timeEpoch: Date.now(), http };
  // biome-ignore lint/suspicious/noExplicitAny: as much of an event as a door looks at
  const answer = await handler({ headers, requestContext, rawPath: '/v1/x' } as any, context);
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
