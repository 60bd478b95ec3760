import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIENT_SETTINGS_TTL_MS, createClientSettings } from '../../lib/auth/client-settings.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let now = 1_000_000;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function decide(clientId: string, settings: object) {
  const Item = { pk: `client#${clientId}`, ...settings };
  await service.table.put({ TableName: service.tableName, Item });
}
const create = () => createClientSettings(service.table, service.tableName, () => now);

test('a client without settings has none, and one that nobody made is not found', async () => {
  const settings = create();
  expect(await settings.read('nobody')).toEqual({});
  expect(await settings.find('nobody')).toBeUndefined();
});

test('settings are read as they were decided, without what else the item holds', async () => {
  const decided = { budget: { dayUsd: 0.5, monthAnalyses: 100 }, allow: ['10.0.0.0/8'] };
  await decide('a', { ...decided, keys: [] });
  expect(await create().read('a')).toEqual(decided);
});

test('a change holds once the settings at hand are too old, and not before', async () => {
  const settings = create();
  await decide('b', { uploadsPerMinute: 1 });
  expect(await settings.read('b')).toEqual({ uploadsPerMinute: 1 });
  await decide('b', { uploadsPerMinute: 2 });
  now += CLIENT_SETTINGS_TTL_MS - 1;
  expect(await settings.read('b')).toEqual({ uploadsPerMinute: 1 });
  now += 1;
  expect(await settings.read('b')).toEqual({ uploadsPerMinute: 2 });
});

test('a read that fails is tried again', async () => {
  const settings = createClientSettings(service.table, 'no-such-table', () => now);
  await expect(settings.read('a')).rejects.toThrow();
  await expect(settings.read('a')).rejects.toThrow();
  await decide('c', { uploadsPerMinute: -1 });
  const real = create();
  await expect(real.read('c')).rejects.toThrow();
  await decide('c', { uploadsPerMinute: 1 });
  expect(await real.read('c')).toEqual({ uploadsPerMinute: 1 });
});
