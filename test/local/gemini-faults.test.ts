import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Fault, type Gemini, startGemini } from '../../local/gemini/server.ts';

const API_KEY = 'the-only-key';
const SCHEMA = z.toJSONSchema(z.object({ caption: z.string(), tags: z.array(z.string()) }));

let gemini: Gemini;
beforeEach(async () => {
  gemini = await startGemini({ apiKey: API_KEY, controllable: true });
});
afterEach(() => gemini.close());

const photo = await readFile(new URL('../fixtures/rocket.jpg', import.meta.url));
const REQUEST = JSON.stringify({
  contents: [
    { parts: [{ inlineData: { mimeType: 'image/jpeg', data: photo.toString('base64') } }] },
  ],
  generationConfig: {
    responseMimeType: 'application/json',
    responseJsonSchema: SCHEMA,
    maxOutputTokens: 500,
  },
});

const ask = (init: RequestInit = {}) =>
  fetch(`${gemini.url}/v1beta/models/gemini-3.8-flash:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': API_KEY },
    body: REQUEST,
    ...init,
  });

async function askUnder(fault: Fault) {
  gemini.script([fault]);
  return (await ask()).json();
}

const said = z.object({
  candidates: z.tuple([
    z.object({ content: z.object({ parts: z.tuple([z.object({ text: z.string() })]) }) }),
  ]),
});
const textOf = (answer: unknown) => said.parse(answer).candidates[0].content.parts[0].text;

describe('a scripted stand-in', () => {
  test('given a list, each call takes one, and the calls after it are answered well', async () => {
    gemini.script([{ kind: 'status', status: 503 }, { kind: 'pass' }, { kind: 'html' }]);

    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await ask()).status);

    expect(statuses).toEqual([503, 200, 502, 200]);
  });

  test('given a function, it sees each request and decides', async () => {
    gemini.script(({ path }) =>
      path.includes('3.8') ? { kind: 'status', status: 404 } : undefined,
    );

    expect((await ask()).status).toBe(404);
  });

  test('given a bad request, no fault is used up by it', async () => {
    gemini.script([{ kind: 'status', status: 503 }]);

    expect((await ask({ body: '{}' })).status).toBe(400);
    expect((await ask()).status).toBe(503);
  });

  test('given a status with details, they are in Google’s shape', async () => {
    const answer = await askUnder({
      kind: 'status',
      status: 429,
      retryDelaySeconds: 53,
      quotaId: 'GenerateRequestsPerDayPerProjectPerModel',
      reason: 'RATE_LIMIT_EXCEEDED',
    });

    expect(answer).toMatchObject({
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMIT_EXCEEDED' },
          { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '53s' },
        ],
      },
    });
  });

  test('given a gateway’s error, it is HTML', async () => {
    gemini.script([{ kind: 'html' }]);
    const response = await ask();

    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('<!DOCTYPE html>');
  });

  test.each<[Fault, object]>([
    [
      { kind: 'finish', finishReason: 'SAFETY' },
      { candidates: [{ content: {}, finishReason: 'SAFETY' }] },
    ],
    [
      { kind: 'finish', finishReason: 'MAX_TOKENS' },
      { candidates: [{ content: {} }], usageMetadata: { thoughtsTokenCount: 500 } },
    ],
    [{ kind: 'blocked' }, { promptFeedback: { blockReason: 'SAFETY' } }],
    [{ kind: 'thinking-only' }, { candidates: [{ content: { parts: [{ thought: true }] } }] }],
    [{ kind: 'cut' }, { candidates: [{ finishReason: 'MAX_TOKENS' }] }],
  ])('given %j, the answer is %j', async (fault, expected) => {
    expect(await askUnder(fault)).toMatchObject(expected);
  });

  test.each<Fault>([{ kind: 'no-candidates' }, { kind: 'blocked' }])(
    'given %j, there are no candidates',
    async (fault) => {
      expect(await askUnder(fault)).not.toHaveProperty('candidates');
    },
  );

  test.each<Fault>([{ kind: 'cut' }, { kind: 'broken-json' }])(
    'given %j, the text is no JSON',
    async (fault) => {
      const text = textOf(await askUnder(fault));

      expect(() => JSON.parse(text)).toThrow();
    },
  );

  test('given extra keys or another shape, the text is JSON that is not as asked', async () => {
    const extra = JSON.parse(textOf(await askUnder({ kind: 'extra-keys' })));
    const other = JSON.parse(textOf(await askUnder({ kind: 'wrong-schema' })));

    expect(extra).toMatchObject({
      caption: expect.any(String),
      unexpected_key: expect.any(String),
    });
    expect(other).not.toHaveProperty('caption');
  });

  test('given a fixed answer, it is given in place of the measured one', async () => {
    const answer = await askUnder({
      kind: 'answer',
      answer: { caption: 'a rocket' },
      modelVersion: 'gemini-3.8-flash',
    });

    expect(textOf(answer)).toBe('{"caption":"a rocket"}');
    expect(answer).toMatchObject({ modelVersion: 'gemini-3.8-flash' });
  });

  test('given a hang, no answer comes until the client gives up', async () => {
    gemini.script([{ kind: 'hang' }]);

    await expect(ask({ signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
  });

  test('given a hang, closing does not wait for it', async () => {
    gemini.script([{ kind: 'hang' }]);
    const hanging = ask().catch((error: unknown) => error);
    await expect.poll(() => gemini.requests.length).toBe(1);

    await gemini.close();
    await gemini.close();

    expect(await hanging).toBeInstanceOf(Error);
    gemini = await startGemini({ apiKey: API_KEY });
  });

  test('given a reset before the headers, the call fails', async () => {
    gemini.script([{ kind: 'reset' }]);

    await expect(ask()).rejects.toThrow();
  });

  test.each<Fault>([{ kind: 'reset', when: 'after-headers' }, { kind: 'half-body' }])(
    'given %j, the answer begins and breaks off',
    async (fault) => {
      gemini.script([fault]);

      const response = await ask();

      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    },
  );

  test('given a slow answer, it comes', async () => {
    expect(await askUnder({ kind: 'slow', milliseconds: 20 })).toHaveProperty('candidates');
  });
});

describe('control from another process', () => {
  const putScript = (body: unknown) =>
    fetch(`${gemini.url}/script`, { method: 'PUT', body: JSON.stringify(body) });

  test('given a script over HTTP, the next call follows it, and the requests can be read', async () => {
    expect((await putScript([{ kind: 'status', status: 500 }])).status).toBe(200);
    expect((await ask()).status).toBe(500);

    const requests = await (await fetch(`${gemini.url}/requests`)).json();

    expect(requests).toMatchObject([{ method: 'POST', body: { contents: [{ parts: [{}] }] } }]);
    expect(requests).toHaveLength(1);
  });

  test('given a fault that does not exist, it is refused', async () => {
    expect((await putScript([{ kind: 'explode' }])).status).toBe(400);
  });

  test('given a stand-in that is not controllable, both paths are closed', async () => {
    await gemini.close();
    gemini = await startGemini({ apiKey: API_KEY });

    expect((await putScript([])).status).toBe(403);
    expect((await fetch(`${gemini.url}/requests`)).status).toBe(403);
  });
});
