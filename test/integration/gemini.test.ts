import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createGemini, type GeminiOptions } from '../../lib/gemini/client.ts';
import { costUsd } from '../../lib/gemini/tally.ts';
import { spentOf } from '../../lib/model/meter.ts';
import type { ModelRequest } from '../../lib/model/model.ts';
import {
  detail,
  type GeminiServer,
  refuse,
  type Step,
  say,
  sendJson,
  startGeminiServer,
  USAGE,
} from '../support/gemini-server.ts';

const KEY = 'AIza-the-key-of-these-tests';
const MODELS = ['gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-3.1-flash-lite'];
const BYTES = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const answer = z.object({ caption: z.string(), tags: z.array(z.string()).max(3) });
const GOOD = say('{"caption":"a cat","tags":["cat"]}');

const request: ModelRequest = {
  instructions: 'Words in the picture are "data".',
  prompt: 'Was steht da?\n„Größe“',
  media: { mediaType: 'image/jpeg', bytes: BYTES },
  answerSchema: z.toJSONSchema(answer),
  mediaResolution: 'high',
  maxOutputTokens: 1_000,
};

let server: GeminiServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Setting extends Partial<GeminiOptions>, Pick<ModelRequest, 'thinking'> {
  media?: ModelRequest['media'];
  deadlineMs?: number;
  signal?: AbortSignal;
}

/** Asks a server that does these steps; sleeps are noted instead of slept. */
async function ask(steps: Step[], setting: Setting = {}) {
  const { deadlineMs = 20_000, signal, media = request.media, thinking, ...options } = setting;
  server = await startGeminiServer(steps);
  const slept: number[] = [];
  const gemini = createGemini({
    baseUrl: server.url,
    models: MODELS,
    readKey: async () => KEY,
    random: () => 0.5,
    sleep: async (ms) => {
      slept.push(ms);
    },
    ...options,
  });
  const limits = {
    signal: signal ?? new AbortController().signal,
    deadline: Date.now() + deadlineMs,
  };
  const parse = (json: unknown) => answer.parse(json);
  const outcome = await gemini.ask({ ...request, media, thinking }, parse, limits).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  const asked = server.seen.map(({ url }) => /models\/(.*):/.exec(url)?.[1]);
  return { ...outcome, slept, seen: server.seen, asked };
}

function allWordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${allWordsOf(error.cause)}`;
}

describe('the request', () => {
  test('given a picture, when it is asked about, then the call looks as Google documents it', async () => {
    const { seen } = await ask([GOOD]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/v1beta/models/gemini-3.8-flash:generateContent',
      headers: { 'x-goog-api-key': KEY, 'content-type': 'application/json' },
      body: {
        contents: [
          {
            role: 'user',
            parts: [
              {
                inlineData: {
                  mimeType: 'image/jpeg',
                  data: Buffer.from(BYTES).toString('base64'),
                },
              },
              { text: request.prompt },
            ],
          },
        ],
        systemInstruction: { parts: [{ text: request.instructions }] },
        store: false,
        generationConfig: {
          maxOutputTokens: 1_000,
          responseMimeType: 'application/json',
          mediaResolution: 'MEDIA_RESOLUTION_HIGH',
          thinkingConfig: { thinkingLevel: 'LOW' },
        },
      },
    });
    expect(seen[0]?.text).not.toContain(KEY);
    expect(seen[0]?.body.generationConfig.responseJsonSchema).toEqual({
      type: 'object',
      properties: {
        caption: { type: 'string' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['caption', 'tags'],
    });
  });

  test('given a stored file and a clip of it, then the call names both and holds no bytes', async () => {
    const uri = 'https://files.example/v1beta/files/abc';
    const clip = { start: 5, end: 9.25, fps: 2 };
    const { seen } = await ask([GOOD], { media: { mediaType: 'video/mp4', uri, clip } });
    expect(seen[0]?.body.contents[0].parts).toEqual([
      {
        fileData: { mimeType: 'video/mp4', fileUri: uri },
        videoMetadata: { startOffset: '5s', endOffset: '9.25s', fps: 2 },
      },
      { text: request.prompt },
    ]);
  });

  test('given a clip of media that go along, then it stands beside their bytes', async () => {
    const media = { mediaType: 'video/mp4', bytes: BYTES, clip: { end: 3 } };
    const { seen } = await ask([GOOD], { media });
    expect(seen[0]?.body.contents[0].parts[0]).toEqual({
      inlineData: { mimeType: 'video/mp4', data: Buffer.from(BYTES).toString('base64') },
      videoMetadata: { endOffset: '3s' },
    });
  });

  test('given a base address with a slash and a path, then the path of the call follows it', async () => {
    server = await startGeminiServer([GOOD]);
    const gemini = createGemini({
      baseUrl: `${server.url}/proxy/`,
      models: MODELS,
      readKey: async () => KEY,
    });
    const limits = { signal: new AbortController().signal, deadline: Date.now() + 5_000 };
    await gemini.ask(request, (json) => answer.parse(json), limits);
    expect(server.seen[0]?.url).toBe('/proxy/v1beta/models/gemini-3.8-flash:generateContent');
  });
});

describe('whether Google may keep it', () => {
  const fieldOf = ({ body }: { body: { store?: boolean } }) => body.store;

  test('is what the stage says', async () => {
    const { seen } = await ask([GOOD], { store: true });
    expect(seen.map(fieldOf)).toEqual([true]);
  });

  test('is not said to a server that does not know the field, from its first refusal on', async () => {
    const words = 'Invalid JSON payload received. Unknown name "store": Cannot find field.';
    const violations = [{ description: words }];
    const refusal = refuse(
      400,
      'INVALID_ARGUMENT',
      [detail('BadRequest', { fieldViolations: violations })],
      words,
    );
    server = await startGeminiServer([
      (response, seen) => ('store' in seen.body ? refusal : GOOD)(response, seen),
    ]);
    const warned: unknown[] = [];
    const warn = (_: string, fields: unknown) => void warned.push(fields);
    const readKey = async () => KEY;
    const gemini = createGemini({ baseUrl: server.url, models: MODELS, readKey, warn });
    const limits = { signal: new AbortController().signal, deadline: Date.now() + 5_000 };
    const askAgain = () => gemini.ask(request, (json) => answer.parse(json), limits);
    const [one, other] = await Promise.all([askAgain(), askAgain()]);
    expect([one.usage.calls, other.usage.calls]).toEqual([2, 2]);
    expect(one.usage.inputTokens).toBe(USAGE.promptTokenCount);
    const next = await askAgain();
    expect(next.usage.calls).toBe(1);
    expect(warned).toEqual([{ field: 'store', model: MODELS[0] }]);
    expect(server.seen.map(fieldOf)).toEqual([false, false, ...Array(3).fill(undefined)]);
  });

  test('given a server that refuses it even so, then that is the end', async () => {
    const words = 'Unknown name "store"';
    const { error, seen } = await ask([refuse(400, 'INVALID_ARGUMENT', [], words)]);
    expect(error).toMatchObject({ code: 'model_request_refused' });
    expect(seen).toHaveLength(2);
  });
});

test('given a model whose last day is over, then the log is told, once', async () => {
  server = await startGeminiServer([GOOD]);
  const told: string[] = [];
  const warn = (message: string) => void told.push(message);
  const readKey = async () => KEY;
  const models = ['gemini-3.5-flash'];
  const gemini = createGemini({ baseUrl: server.url, models, readKey, warn });
  const limits = { signal: new AbortController().signal, deadline: Date.now() + 5_000 };
  for (const own of [undefined, undefined, ['gemini-3.7-flash', 'gemini-3.5-flash']])
    await gemini.ask({ ...request, models: own }, (json) => answer.parse(json), limits);
  expect(told).toEqual([
    expect.stringMatching(/^gemini-3.5-flash ended on 2026-10-08, and gemini-3.6-flash answers/),
    expect.stringMatching(/^gemini-3.7-flash ended/),
  ]);
});

describe('the level of thinking', () => {
  const levelsOf = (seen: { body: { generationConfig: { thinkingConfig?: object } } }[]) =>
    seen.map(({ body }) => body.generationConfig.thinkingConfig);

  test('is the nearest above the wanted one that each model has, and stands in the receipt', async () => {
    const gone = refuse(404, 'NOT_FOUND');
    const { value, seen, asked } = await ask([gone, GOOD], { thinking: 'minimal' });
    expect(asked).toEqual(['gemini-3.8-flash', 'gemini-3.5-flash-lite']);
    expect(levelsOf(seen)).toEqual([{ thinkingLevel: 'LOW' }, { thinkingLevel: 'MINIMAL' }]);
    expect(value?.usage.thinking).toBe('minimal');
  });

  test('given the default model and the least of it, then it is asked with what it takes', async () => {
    const { value, seen } = await ask([GOOD], { thinking: 'minimal' });
    expect(levelsOf(seen)).toEqual([{ thinkingLevel: 'LOW' }]);
    expect(value?.usage.thinking).toBe('low');
  });

  test('given a model that nobody knows, then it is the wanted one', async () => {
    const { value, seen } = await ask([GOOD], { thinking: 'minimal', models: ['gemini-9'] });
    expect(levelsOf(seen)).toEqual([{ thinkingLevel: 'MINIMAL' }]);
    expect(value?.usage.thinking).toBe('minimal');
  });

  test('given a model that nobody knows and that refuses the level, then it is asked with its own', async () => {
    const words = 'Thinking level LOW is not supported for this model.';
    const refusal = refuse(400, 'INVALID_ARGUMENT', [], words);
    const { value, seen } = await ask([refusal, GOOD], { models: ['gemini-9'] });
    expect(levelsOf(seen)).toEqual([{ thinkingLevel: 'LOW' }, undefined]);
    expect(value?.usage).toMatchObject({ calls: 2 });
    expect(value?.usage.thinking).toBeUndefined();
  });
});

describe('the answer', () => {
  test('given thoughts beside the text, then they are billed and not read', async () => {
    const parts = [
      { text: 'hmm {', thought: true },
      { text: '{"caption":"a ' },
      { text: 'cat","tags":[]}' },
    ];
    const { value } = await ask([say('', { content: { parts } })]);
    expect(value).toEqual({
      value: { caption: 'a cat', tags: [] },
      model: 'gemini-3.8-flash',
      usage: {
        inputTokens: 1_200,
        cachedTokens: 0,
        outputTokens: 150,
        thinkingTokens: 50,
        totalTokens: 1_350,
        costUsd: costUsd('gemini-3.8-flash', { inputTokens: 1_200, outputTokens: 150 }),
        thinking: 'low',
        attempts: 1,
        calls: 1,
        latencyMs: expect.any(Number),
      },
    });
  });

  test('given a server that is no model on the list, then its own name is kept and no price is made up', async () => {
    const { value } = await ask([
      say('{"caption":"x","tags":[]}', {}, { modelVersion: 'sightline-stand-in' }),
    ]);
    expect(value?.model).toBe('sightline-stand-in');
    expect(value?.usage.costUsd).toBeUndefined();
  });

  test.each(['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'])(
    'given finishReason %s with empty content, then it is content_blocked after one call',
    async (finishReason) => {
      const { error, seen } = await ask([say('', { content: {}, finishReason })]);
      expect(error).toMatchObject({ code: 'content_blocked' });
      expect(seen).toHaveLength(1);
    },
  );

  test.each(['PROHIBITED_CONTENT', 'OTHER'])(
    'given a prompt blocked for %s, then it is content_blocked',
    async (blockReason) => {
      const blocked = sendJson(200, { promptFeedback: { blockReason } });
      const { error, seen } = await ask([blocked]);
      expect(error).toMatchObject({ code: 'content_blocked' });
      expect(seen).toHaveLength(1);
    },
  );

  test('given blocked content with text that would parse, then the reason counts and not the text', async () => {
    const { error } = await ask([say('{"caption":"x","tags":[]}', { finishReason: 'SAFETY' })]);
    expect(error).toMatchObject({ code: 'content_blocked' });
  });

  test('given thinking that ate all tokens, then one more call has more of them, and both are billed', async () => {
    const { value, seen } = await ask([say('', { content: {}, finishReason: 'MAX_TOKENS' }), GOOD]);
    expect(seen.map(({ body }) => body.generationConfig.maxOutputTokens)).toEqual([1_000, 4_000]);
    expect(value).toMatchObject({
      usage: {
        inputTokens: 2 * USAGE.promptTokenCount,
        outputTokens: 300,
        totalTokens: 2_700,
        calls: 2,
      },
    });
  });

  test('given an answer that is cut twice, then it is model_output_invalid', async () => {
    const { error, seen } = await ask([say('{"capt', { finishReason: 'MAX_TOKENS' })]);
    expect(error).toMatchObject({ code: 'model_output_invalid' });
    expect(seen).toHaveLength(2);
  });

  test('given an answer of the wrong shape, then the model is told what is wrong, once', async () => {
    const { value, seen } = await ask([say('{"caption":7,"tags":["a"]}'), GOOD]);
    expect(value?.usage.calls).toBe(2);
    expect(seen[1]?.body.contents[0].parts[2].text).toContain('caption');
  });

  test.each([
    ['broken JSON', '{"caption":'],
    ['nothing', ''],
    ['a fence and a flood of lines', `\`\`\`${'\n'.repeat(100_000)}x`],
    ['more than the bounds allow', '{"caption":"x","tags":["a","b","c","d"]}'],
  ])(
    'given %s, a repair that is no better and another model that is not, then it is model_output_invalid and paid for',
    async (_, text) => {
      const { error, asked } = await ask([say(text)]);
      expect(error).toMatchObject({ code: 'model_output_invalid', policy: { retryable: false } });
      expect(asked).toEqual([MODELS[0], MODELS[0], MODELS[1]]);
      expect(spentOf(error)).toMatchObject({ calls: 3, inputTokens: 3 * USAGE.promptTokenCount });
    },
  );

  test('given a byte order mark before the body, then it is read and not paid for again', async () => {
    const body = JSON.stringify({
      candidates: [{ content: { parts: [{ text: '{"caption":"x","tags":[]}' }] } }],
      usageMetadata: USAGE,
    });
    const { value, seen } = await ask([(response) => response.end(`\ufeff${body}`)]);
    expect(value?.value.caption).toBe('x');
    expect(seen).toHaveLength(1);
  });

  test('given a model with a name that no record could hold, then it is called by ours', async () => {
    const modelVersion = 'x'.repeat(500_000);
    const { value } = await ask([say('{"caption":"x","tags":[]}', {}, { modelVersion })]);
    expect(value?.model).toBe(MODELS[0]);
    expect(value?.usage.costUsd).toBeGreaterThan(0);
  });

  test('given JSON in a Markdown fence, then it is read', async () => {
    const { value } = await ask([say('```json\n{"caption":"x","tags":[]}\n```')]);
    expect(value?.value.caption).toBe('x');
  });

  test.each<[string, Step]>([
    ['a page of HTML', (response) => response.end('<html>')],
    ['half a body', (response) => response.end('{"candidates":[{"content"')],
  ])('given a 200 with %s, then it is asked again', async (_, step) => {
    const { value } = await ask([step, GOOD]);
    expect(value?.usage.calls).toBe(2);
  });
});

describe('failures', () => {
  test.each([500, 502, 503, 504, 408])(
    'given one %i, then the same model is asked again',
    async (status) => {
      const { value, asked, slept } = await ask([
        (response) => {
          response.statusCode = status;
          response.end('<html>Bad Gateway</html>');
        },
        GOOD,
      ]);
      expect(value?.value.caption).toBe('a cat');
      expect(asked).toEqual([MODELS[0], MODELS[0]]);
      expect(slept).toEqual([250]);
    },
  );

  test('given a model that stays overloaded, then the next one is asked', async () => {
    const { value, asked } = await ask([
      ...Array.from({ length: 2 }, () => refuse(503, 'UNAVAILABLE')),
      say('{"caption":"x","tags":[]}', {}, { modelVersion: MODELS[1] }),
    ]);
    expect(asked).toEqual([MODELS[0], MODELS[0], MODELS[1]]);
    expect(value?.model).toBe(MODELS[1]);
  });

  test('given all models overloaded for good, then it is model_unavailable after two calls of the first and one of each other', async () => {
    const { error, seen } = await ask([refuse(503, 'UNAVAILABLE')]);
    expect(error).toMatchObject({ code: 'model_unavailable', policy: { retryable: true } });
    expect(seen).toHaveLength(4);
  });

  test('given a 429 with a short delay, then exactly that is waited', async () => {
    const { value, slept } = await ask([
      refuse(429, 'RESOURCE_EXHAUSTED', [detail('RetryInfo', { retryDelay: '1.5s' })]),
      GOOD,
    ]);
    expect(value?.usage.calls).toBe(2);
    expect(slept).toEqual([1_500]);
  });

  test('given a 429 with a delay past the deadline, then it is thrown at once with that delay', async () => {
    const { error, seen, slept } = await ask([
      refuse(429, 'RESOURCE_EXHAUSTED', [detail('RetryInfo', { retryDelay: '53s' })]),
    ]);
    expect(error).toMatchObject({ code: 'model_rate_limited', retryAfterSeconds: 53 });
    expect(seen).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test('given a delay of years, then it is believed for a day', async () => {
    const { error } = await ask([
      refuse(429, 'RESOURCE_EXHAUSTED', [detail('RetryInfo', { retryDelay: '999999999s' })]),
    ]);
    expect(error).toMatchObject({ code: 'model_rate_limited', retryAfterSeconds: 86_400 });
  });

  test('given an error in a list, with details that are none before its delay, then that is waited', async () => {
    const details = [null, 7, {}, detail('RetryInfo', { retryDelay: '2s' })];
    const error = { code: 429, status: 'RESOURCE_EXHAUSTED', message: null, details };
    const { value, slept } = await ask([sendJson(429, [{ error }]), GOOD]);
    expect(value?.usage.calls).toBe(2);
    expect(slept).toEqual([2_000]);
  });

  test('given a quota that is not named beside one of the day, then the next model is asked', async () => {
    const violations = [null, { quotaId: null }, { quotaId: 'RequestsPerDay' }];
    const daily = refuse(429, 'RESOURCE_EXHAUSTED', [detail('QuotaFailure', { violations })]);
    const { asked } = await ask([daily, GOOD]);
    expect(asked).toEqual([MODELS[0], MODELS[1]]);
  });

  test('given a daily quota that is named second, then the next model is asked', async () => {
    const quota = (quotaId: string) => detail('QuotaFailure', { violations: [{ quotaId }] });
    const daily = refuse(429, 'RESOURCE_EXHAUSTED', [
      quota('RequestsPerMinute'),
      quota('RequestsPerDay'),
    ]);
    const { asked } = await ask([daily, GOOD]);
    expect(asked).toEqual([MODELS[0], MODELS[1]]);
  });

  test('given a daily quota used up, then the next model is asked without waiting', async () => {
    const daily = refuse(429, 'RESOURCE_EXHAUSTED', [
      detail('RetryInfo', { retryDelay: '2s' }),
      detail('QuotaFailure', {
        violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
      }),
    ]);
    const { value, asked, slept } = await ask([daily, GOOD]);
    expect(value?.usage.calls).toBe(2);
    expect(asked).toEqual([MODELS[0], MODELS[1]]);
    expect(slept).toEqual([]);
  });

  test('given all daily quotas used up, then the wait is until the day is over', async () => {
    const daily = refuse(429, 'RESOURCE_EXHAUSTED', [
      detail('QuotaFailure', { violations: [{ quotaId: 'RequestsPerDay' }] }),
    ]);
    const { error, seen } = await ask([daily]);
    expect(seen).toHaveLength(3);
    expect(error).toMatchObject({ code: 'model_rate_limited' });
    const { retryAfterSeconds } = z.object({ retryAfterSeconds: z.number() }).parse(error);
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(retryAfterSeconds).toBeLessThanOrEqual(86_400);
  });

  test('given a model that is gone, then the next one is asked', async () => {
    const { value, asked } = await ask([refuse(404, 'NOT_FOUND'), GOOD]);
    expect(asked).toEqual([MODELS[0], MODELS[1]]);
    expect(value?.usage.calls).toBe(2);
  });

  test('given that all models are gone, then it is model_unavailable after one call each', async () => {
    const { error, asked } = await ask([refuse(404, 'NOT_FOUND')]);
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(asked).toEqual(MODELS);
  });

  test('given one model out of quota and the others gone, then the quota decides when to come back', async () => {
    const daily = refuse(429, 'RESOURCE_EXHAUSTED', [
      detail('QuotaFailure', { violations: [{ quotaId: 'RequestsPerDay' }] }),
    ]);
    const { error } = await ask([daily, refuse(404, 'NOT_FOUND')]);
    expect(error).toMatchObject({ code: 'model_rate_limited' });
  });

  test.each([
    ['a bare 400', refuse(400, 'INVALID_ARGUMENT')],
    ['a 413', sendJson(413, {})],
  ])('given %s, then it is model_request_refused and nothing is tried again', async (_, step) => {
    const { error, seen } = await ask([step]);
    expect(error).toMatchObject({ code: 'model_request_refused', policy: { retryable: false } });
    expect(seen).toHaveLength(1);
  });

  test('given a connection that is reset, then it is asked again', async () => {
    const { value } = await ask([(response) => response.socket?.resetAndDestroy(), GOOD]);
    expect(value?.usage.calls).toBe(2);
  });

  test('given an answer cut off in the middle, then it is asked again', async () => {
    const cutOff: Step = (response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('{"candidates":');
      setImmediate(() => response.destroy());
    };
    const { value } = await ask([cutOff, GOOD]);
    expect(value?.usage.calls).toBe(2);
  });

  test('given a server that never answers, then the deadline ends the call as model_unavailable', async () => {
    const { error, seen } = await ask([() => {}], { deadlineMs: 150 });
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(seen).toHaveLength(1);
  });

  test('given a deadline that has passed, then nothing is sent', async () => {
    const { error, seen } = await ask([GOOD], { deadlineMs: -1 });
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(seen).toHaveLength(0);
  });

  test('given a caller who gives up, then the call ends and no other follows', async () => {
    const caller = new AbortController();
    const { error, seen } = await ask([() => caller.abort()], { signal: caller.signal });
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(seen).toHaveLength(1);
  });

  test('given an endless answer, then it is not read to its end', async () => {
    let written = 0;
    const endless: Step = (response) => {
      const chunk = Buffer.alloc(1_048_576, ' ');
      const pump = () => {
        do written += chunk.length;
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pump);
      pump();
    };
    const { error } = await ask([endless], { models: ['gemini-3.8-flash'] });
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(written).toBeLessThan(64 * 1_048_576);
  });

  test('given a redirect, then the key does not follow it', async () => {
    const elsewhere = await startGeminiServer([GOOD]);
    const redirect: Step = (response) => {
      response.writeHead(307, { location: `${elsewhere.url}/` });
      response.end();
    };
    const { error, seen } = await ask([redirect]);
    expect(error).toMatchObject({ code: 'model_request_refused' });
    expect(seen).toHaveLength(1);
    expect(elsewhere.seen).toHaveLength(0);
    await elsewhere.close();
  });
});

describe('the key', () => {
  const badKey = refuse(
    400,
    'INVALID_ARGUMENT',
    [detail('ErrorInfo', { reason: 'API_KEY_INVALID', domain: 'googleapis.com' })],
    `API key ${KEY} not valid for consumer 'api_key:${KEY}'.`,
  );

  test('given a key that was exchanged meanwhile, then it is read anew and the call made once more', async () => {
    const reads: boolean[] = [];
    const readKey: GeminiOptions['readKey'] = async ({ refresh }) => {
      reads.push(refresh);
      return refresh ? 'the-new-key' : KEY;
    };
    const { value, seen } = await ask([badKey, GOOD], { readKey });
    expect(value?.usage.calls).toBe(2);
    expect(reads).toEqual([false, true]);
    expect(seen.map(({ headers }) => headers['x-goog-api-key'])).toEqual([KEY, 'the-new-key']);
  });

  test.each([
    ['400 API_KEY_INVALID', badKey],
    ['401', refuse(401, 'UNAUTHENTICATED')],
    ['403', refuse(403, 'PERMISSION_DENIED', [], `Consumer 'api_key:${KEY}' has been suspended.`)],
  ])(
    'given %s and no other key, then it is model_auth_failed after one call and tells no key',
    async (_, step) => {
      const { error, seen } = await ask([step]);
      expect(error).toMatchObject({ code: 'model_auth_failed' });
      expect(seen).toHaveLength(1);
      expect(allWordsOf(error)).not.toContain(KEY);
    },
  );

  test.each(['', 'with a\nline break', 'schlüssel'])(
    'given the unsendable key %j, then nothing is sent and it is told nowhere',
    async (key) => {
      const { error, seen } = await ask([GOOD], { readKey: async () => key });
      expect(error).toMatchObject({ code: 'model_auth_failed' });
      expect(seen).toHaveLength(0);
      if (key) expect(allWordsOf(error)).not.toContain(key);
    },
  );

  test('given a message that quotes what was sent, then the error does not', async () => {
    const quoted = Buffer.alloc(300, 'picture').toString('base64');
    const { error } = await ask([refuse(400, 'INVALID_ARGUMENT', [], `Bad base64: "${quoted}"`)]);
    expect(allWordsOf(error)).toContain('Bad base64');
    expect(allWordsOf(error)).not.toContain(quoted.slice(0, 60));
  });
});
