import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startGemini } from '../../local/gemini/server.ts';
import { readJson, upload, waitForEnd } from '../support/client.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

// The whole stack as a process: the same picture is paid for once.

vi.setConfig({ testTimeout: 120_000 });
const COPIES = 20;
const KEY = 'key-of-the-test';
const bytes = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const picture = { filename: 'rocket.jpg', contentType: 'image/jpeg', bytes };
const sha256 = createHash('sha256').update(bytes).digest('hex');
let gemini: Awaited<ReturnType<typeof startGemini>>;
let stack: RunningStack;

beforeAll(async () => {
  gemini = await startGemini({ apiKey: KEY });
  gemini.script(() => ({ kind: 'slow', milliseconds: 1_000 }));
  const model = { GEMINI_API_KEY: KEY, GEMINI_BASE_URL: gemini.url };
  stack = await startStack(await createHome({ ...model, RATE_LIMIT_PER_MINUTE: '0' }));
});
afterAll(async () => {
  await stack?.stop();
  await gemini?.close();
});

test('twenty uploads of one picture at the same moment cost one call of the model', async () => {
  const ids = await Promise.all(Array.from({ length: COPIES }, () => upload(stack, picture)));
  const analyses = [];
  for (const id of ids) analyses.push(await waitForEnd(stack, id, 100));
  expect(gemini.requests).toHaveLength(1);
  const paid = analyses.filter(({ cached }) => !cached);
  expect(paid).toHaveLength(1);
  for (const { status, result, usage, cached } of analyses) {
    expect({ status, result }).toEqual({ status: 'succeeded', result: paid[0].result });
    if (cached) expect(usage).toMatchObject({ totalTokens: 0, costUsd: 0 });
  }
});

test('a known sha256 costs no upload, until it is asked anew', async () => {
  const announce = async (query = '') => {
    const body = JSON.stringify({ filename: 'again.jpg', contentType: 'image/jpeg', sha256 });
    const headers = { 'content-type': 'application/json' };
    return stack.call(`/v1/uploads${query}`, { method: 'POST', headers, body });
  };
  const known = await announce();
  expect(known.status).toBe(200);
  const { id, ...answer } = await readJson(known);
  expect(answer).toMatchObject({ status: 'succeeded', cached: true, upload: null });
  const analysis = await waitForEnd(stack, id, 0);
  expect(analysis).toMatchObject({ cached: true, source: { filename: 'again.jpg', sha256 } });
  expect((await announce('?fresh=true')).status).toBe(201);
  expect(gemini.requests).toHaveLength(1);
});

test('a form is answered from what is known, unless it is to be asked anew', async () => {
  const analyse = async (query = '') => {
    const body = new FormData();
    body.append('file', new Blob([bytes], { type: 'image/jpeg' }), 'rocket.jpg');
    return readJson(await stack.call(`/v1/analyze${query}`, { method: 'POST', body }));
  };
  expect(await analyse()).toMatchObject({ status: 'succeeded', cached: true });
  expect(gemini.requests).toHaveLength(1);
  expect(await analyse('?fresh=true')).toMatchObject({ status: 'succeeded', cached: false });
  expect(gemini.requests).toHaveLength(2);
});
