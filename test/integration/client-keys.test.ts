import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClientKeys, USUAL_SCOPES } from '../../infra/stage/client-keys.ts';
import { readChanges } from '../../infra/stage/client-options.ts';
import { describeClients } from '../../infra/stage/describe-clients.ts';
import { hashKey } from '../../lib/auth/key-store.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let keys: ReturnType<typeof createClientKeys>;
beforeAll(async () => {
  service = await startService();
  keys = createClientKeys({
    ...service,
    stage: 'test',
    readDoorSecret: service.doorDeps.readSecret,
  });
});
afterAll(() => service.stop());

const opens = async (key: string) => (await service.clients.find(hashKey(key))) !== undefined;

test('a key is rotated: the next one works beside it, no third does, and the revoked one at once no more', async () => {
  const first = await keys.create('app');
  expect(first.scopes).toEqual(USUAL_SCOPES);
  const second = await keys.rotate('app');
  expect(await opens(first.key)).toBe(true);
  expect(await opens(second.key)).toBe(true);
  await expect(keys.rotate('app')).rejects.toThrow('2 keys already');
  await expect(keys.revoke('app')).rejects.toThrow(`Which? --key ${first.keyId}`);
  await expect(keys.revoke('app', 'key_of_another')).rejects.toThrow('no key');
  expect(await keys.revoke('app', first.keyId)).toBe(first.keyId);
  expect(await opens(first.key)).toBe(false);
  expect(await opens(second.key)).toBe(true);
  expect(await keys.revoke('app')).toBe(second.keyId);
  await expect(keys.rotate('app')).rejects.toThrow('no key to rotate');
});

test('a key goes on with the scopes of the one that it follows', async () => {
  await keys.create('reader', ['read']);
  expect((await keys.rotate('reader')).scopes).toEqual(['read']);
});

test('of ten keys that are asked for at the same time, two are made', async () => {
  const made = await Promise.allSettled(Array.from({ length: 10 }, () => keys.create('crowd')));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  expect((await keys.require('crowd')).keys).toHaveLength(2);
});

test('the table never holds a key, and the list shows none', async () => {
  const { key, keyId } = await keys.create('hidden');
  const items = await service.listItems();
  const listed = describeClients(await keys.list());
  expect(JSON.stringify(items) + listed).not.toContain(key);
  expect(listed).toContain(keyId);
});

test('a client that is removed leaves nothing', async () => {
  const { key } = await keys.create('gone');
  await keys.remove('gone');
  expect(await opens(key)).toBe(false);
  expect(await keys.find('gone')).toBeUndefined();
  await expect(keys.remove('gone')).rejects.toThrow('no client gone');
});

test('settings are decided one by one, and given back to the stage', async () => {
  const first = readChanges({}, { 'budget-day-usd': '0.5', allow: '10.0.0.0/8, 2001:db8::/32' });
  await keys.decide('careful', first);
  const { settings } = await keys.decide('careful', { uploadsPerMinute: 3 });
  expect(settings).toEqual({
    budget: { dayUsd: 0.5 },
    allow: ['10.0.0.0/8', '2001:db8::/32'],
    uploadsPerMinute: 3,
  });
  const more = readChanges(settings, { 'budget-month-analyses': '9', allow: 'default' });
  expect((await keys.decide('careful', more)).settings).toEqual({
    budget: { dayUsd: 0.5, monthAnalyses: 9 },
    uploadsPerMinute: 3,
  });
});

test.each([
  [{ allow: 'everywhere' }, '--allow 0: is no CIDR block'],
  [{ 'uploads-per-minute': 'many' }, '--uploads-per-minute'],
  [{ 'uploads-per-minute': '-1' }, 'uploadsPerMinute'],
  [{ 'budget-day-analyses': '1.5' }, 'budget dayAnalyses'],
  [{ signing: 'maybe' }, '--signing'],
])('%j is refused by its name', (given, message) => {
  expect(() => readChanges({}, given)).toThrow(message);
});
