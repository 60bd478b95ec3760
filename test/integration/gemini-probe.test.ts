import { afterEach, beforeEach, expect, test } from 'vitest';
import { createModelProbe } from '../../lib/gemini/client.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';

const KEY = 'AIza-the-key-of-the-probe';
let gemini: Gemini;
beforeEach(async () => {
  gemini = await startGemini({ apiKey: KEY, models: ['gemini-3.8-flash'] });
});
afterEach(() => gemini.close());

function probe(model: string, { key = KEY, baseUrl = `${gemini.url}/` } = {}): Promise<void> {
  return createModelProbe({ baseUrl, readKey: async () => key, timeoutMs: 2_000 })(model);
}

test('given a model that is there, then its probe says so by one call of models.get', async () => {
  await expect(probe('gemini-3.8-flash')).resolves.toBeUndefined();
  const [{ method, path } = {}] = gemini.requests;
  expect({ method, path }).toEqual({ method: 'GET', path: '/v1beta/models/gemini-3.8-flash' });
});

test.each([
  ['a model that is gone', 'gemini-2.0-flash', {}],
  ['a key that is refused', 'gemini-3.8-flash', { key: 'another' }],
  ['a server that is not there', 'gemini-3.8-flash', { baseUrl: 'http://127.0.0.1:9' }],
])('given %s, then its probe fails', async (_, model, options) => {
  await expect(probe(model, options)).rejects.toThrow();
});
