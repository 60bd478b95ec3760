import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetOtherAnswers } from '../../local/forget-answers.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('given answers of the stand-in, when the stack starts with a key, then they are known no more', async () => {
  const start = (server: string) => forgetOtherAnswers(service.table, service.tableName, server);
  await start('stand-in');
  await service.contents.claim('client#1', 'an_1');
  await start('stand-in');
  expect(await service.contents.find('client#1')).toBe('an_1');
  await start('https://generativelanguage.googleapis.com');
  expect(await service.contents.find('client#1')).toBeUndefined();
});
