import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createBreaker } from '../../lib/gemini/breaker.ts';
import { createGemini } from '../../lib/gemini/client.ts';
import { spentOf } from '../../lib/model/meter.ts';
import {
  type GeminiServer,
  type Step,
  sendJson,
  startGeminiServer,
  USAGE,
} from '../support/gemini-server.ts';

// A paid answer (200) of any shape: read where it can be, never an outage, and counted in any case.

const MODELS = ['gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-3.1-flash-lite'];
const TEXT = '{"caption":"a cat"}';
const answer = z.object({ caption: z.string() });

let server: GeminiServer | undefined;
afterEach(() => server?.close());

async function ask(...steps: Step[]) {
  server = await startGeminiServer(steps);
  const breaker = createBreaker();
  const gemini = createGemini({
    baseUrl: server.url,
    models: MODELS,
    readKey: async () => 'key',
    sleep: async () => undefined,
    breaker,
  });
  const request = {
    instructions: 'Say what it is.',
    prompt: 'Describe.',
    media: { mediaType: 'image/jpeg', bytes: new Uint8Array([0xff, 0xd8]) },
    answerSchema: z.toJSONSchema(answer),
    maxOutputTokens: 1_000,
  };
  const limits = { signal: new AbortController().signal, deadline: Date.now() + 20_000 };
  const outcome = await gemini
    .ask(request, (json) => answer.parse(json), limits)
    .then(
      ({ value, model, usage }) => ({ value, model, usage, error: undefined }),
      (error: unknown) => ({ value: undefined, model: undefined, usage: spentOf(error), error }),
    );
  const asked = server.seen.map(({ url }) => /models\/(.*):/.exec(url)?.[1]);
  return { ...outcome, asked, isInTrouble: breaker.isOnProbation(MODELS[0] ?? '') };
}

const content = { role: 'model', parts: [{ text: TEXT }] };
const candidate = { content, finishReason: 'STOP' };
const whole = { candidates: [candidate], usageMetadata: USAGE, modelVersion: MODELS[0] };
const COUNTED = { inputTokens: 1_200, outputTokens: 150, totalTokens: 1_350, calls: 1 };

describe('a whole answer is read', () => {
  test.each<[string, unknown]>([
    ['with promptFeedback null', { ...whole, promptFeedback: null }],
    ['with blockReason null', { ...whole, promptFeedback: { blockReason: null } }],
    ['with an unspecified blockReason', feedback('BLOCK_REASON_UNSPECIFIED')],
    [
      'with an unspecified blockReason, as an SDK spells it',
      feedback('BLOCKED_REASON_UNSPECIFIED'),
    ],
    ['with blockReason 0', feedback(0)],
    ['with an empty blockReason', feedback('')],
    ['with finishReason null', { ...whole, candidates: [{ ...candidate, finishReason: null }] }],
    ['with an unspecified finishReason', finished('FINISH_REASON_UNSPECIFIED')],
    ['with finishReason 0', finished(0)],
    ['with finishReason 1', finished(1)],
    ['with finishReason "1"', finished('1')],
    ['with finishReason FinishReason.STOP', finished('FinishReason.STOP')],
    ['with parts without a text', said([{ text: null }, null, {}, { text: TEXT, thought: null }])],
    ['with an empty candidate before it', { ...whole, candidates: [null, candidate] }],
    ['with a candidate that is no list', { ...whole, candidates: candidate }],
    ['with a part that is no list', said({ text: TEXT })],
    ['with modelVersion null', { ...whole, modelVersion: null }],
    ['in a wrapper', { response: whole }],
    ['in a wrapper beside other things', { metadata: { key: 'a' }, response: whole, done: true }],
    ['in two wrappers', { data: { result: whole } }],
    ['in a list', [whole]],
    ['in a list in a wrapper', { response: [whole] }],
    [
      'in pieces, as a stream has it',
      [
        { candidates: [{ content: { parts: [{ text: TEXT.slice(0, 9) }] } }], usageMetadata: null },
        { candidates: [{ content: { parts: [{ text: TEXT.slice(9) }] } }] },
        { candidates: [{ finishReason: 'STOP' }], usageMetadata: USAGE, modelVersion: MODELS[0] },
      ],
    ],
    [
      'in snake case',
      {
        candidates: [{ content, finish_reason: 'STOP' }],
        prompt_feedback: { block_reason: null },
        usage_metadata: Object.fromEntries(
          Object.entries(USAGE).map(([name, count]) => [
            name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
            count,
          ]),
        ),
        model_version: MODELS[0],
      },
    ],
  ])('%s', async (_, body) => {
    const { value, model, usage, asked } = await ask(sendJson(200, body));
    expect({ value, model, asked }).toEqual({
      value: { caption: 'a cat' },
      model: MODELS[0],
      asked: [MODELS[0]],
    });
    expect(usage).toMatchObject(COUNTED);
    expect(usage?.estimated).toBeUndefined();
  });

  test('with NaN in it, as Python writes it', async () => {
    const body = JSON.stringify({ ...whole, avgLogprobs: 0 }).replace(
      '"avgLogprobs":0',
      '"avgLogprobs": NaN',
    );
    const { value, asked } = await ask((response) => response.end(body));
    expect({ value, asked }).toEqual({ value: { caption: 'a cat' }, asked: [MODELS[0]] });
  });
});

describe('content that was refused is told after one call, and paid for,', () => {
  test.each<[string, unknown, string]>([
    [
      'given content null',
      { ...whole, candidates: [{ content: null, finishReason: 'SAFETY' }] },
      'SAFETY',
    ],
    ['given parts null', said(null, 'RECITATION'), 'RECITATION'],
    ['given a text of null', said([{ text: null }], 'SPII'), 'SPII'],
    ['given finishReason 3', finished(3), 'SAFETY'],
    ['given finishReason "8"', finished('8'), 'PROHIBITED_CONTENT'],
    ['given finishReason 17', finished(17), 'IMAGE_RECITATION'],
    ['given candidates null', { ...feedback('SAFETY'), candidates: null }, 'SAFETY'],
    ['given blockReason 4', { ...feedback(4), candidates: [] }, 'PROHIBITED_CONTENT'],
    ['given a blockReason that nobody knows', feedback(99), 'OTHER'],
    ['given a wrapper', { response: finished('SAFETY') }, 'SAFETY'],
    ['given a list', [finished('BLOCKLIST')], 'BLOCKLIST'],
  ])('%s', async (_, body, reason) => {
    const { error, usage, asked } = await ask(sendJson(200, body));
    expect(error).toMatchObject({
      code: 'content_blocked',
      message: expect.stringContaining(reason),
    });
    expect(asked).toEqual([MODELS[0]]);
    expect(usage).toMatchObject(COUNTED);
  });

  test('given tokens that ran out, by number, then one more call has more of them', async () => {
    const { value, asked } = await ask(sendJson(200, finished(2)), sendJson(200, whole));
    expect({ value, asked }).toEqual({
      value: { caption: 'a cat' },
      asked: [MODELS[0], MODELS[0]],
    });
  });
});

describe('an answer that cannot be read is asked for once more and of one other model, and is no outage,', () => {
  test.each<[string, string]>([
    ['given candidates null', JSON.stringify({ ...whole, candidates: null })],
    ['given no candidates', JSON.stringify({ ...whole, candidates: [] })],
    ['given a candidate that is null', JSON.stringify({ ...whole, candidates: [null] })],
    ['given content that is a number', JSON.stringify(contained(7))],
    ['given parts that are a text', JSON.stringify(said('text'))],
    [
      'given an unspecified blockReason and nothing else',
      JSON.stringify({ promptFeedback: { blockReason: 0 } }),
    ],
    ['given an empty object', '{}'],
    ['given an empty list', '[]'],
    ['given null', 'null'],
    ['given a number', '42'],
    ['given a text', '"a cat"'],
    [
      'given JSON of something else',
      '{"id":"chatcmpl-1","choices":[{"message":{"content":"a cat"}}]}',
    ],
    ['given half of it', JSON.stringify(whole).slice(0, 90)],
    ['given a list without end', '['.repeat(100_000)],
    ['given lists in lists', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ])('%s', async (_, body) => {
    const { error, usage, asked, isInTrouble } = await ask((response) => response.end(body));
    expect(error).toMatchObject({ code: 'model_output_invalid', policy: { retryable: false } });
    expect(asked).toEqual([MODELS[0], MODELS[0], MODELS[1]]);
    expect(isInTrouble).toBe(false);
    expect(usage?.calls).toBe(3);
    expect(usage?.inputTokens).toBeGreaterThan(0);
    expect(usage?.costUsd).toBeGreaterThan(0);
  });

  test('given that the other model does better, then its answer is taken', async () => {
    const { value, asked } = await ask(
      sendJson(200, {}),
      sendJson(200, null),
      sendJson(200, whole),
    );
    expect({ value, asked }).toEqual({
      value: { caption: 'a cat' },
      asked: [MODELS[0], MODELS[0], MODELS[1]],
    });
  });
});

describe('no answer of a model at all is an outage, and costs nothing,', () => {
  test.each<[string, string]>([
    ['given a page', '<html>'],
    ['given nothing', ''],
    [
      'given a 503 that was sent as a 200',
      '{"error":{"code":503,"status":"UNAVAILABLE","message":"Overloaded"}}',
    ],
    ['given one in a list', '[{"error":{"code":503,"status":"UNAVAILABLE"}}]'],
  ])('%s', async (_, body) => {
    const { error, usage, asked } = await ask((response) => response.end(body));
    expect(error).toMatchObject({ code: 'model_unavailable' });
    expect(asked).toHaveLength(4);
    expect(usage).toMatchObject({ calls: 4, totalTokens: 0, costUsd: 0 });
  });
});

describe('an answer without its usage', () => {
  test('is as dear as its call could be, and says so', async () => {
    const { usageMetadata: _, ...silent } = whole;
    const { usage } = await ask(sendJson(200, silent));
    expect(usage).toMatchObject({ outputTokens: 1_000, estimated: true, calls: 1 });
    expect(usage?.inputTokens).toBeGreaterThan(2_000);
    expect(usage?.costUsd).toBeGreaterThan(1_000 * 3.75e-6);
  });

  test('among others that tell of it makes the whole estimated', async () => {
    const { usageMetadata: _, ...silent } = whole;
    const first = { ...silent, candidates: [{ content: { parts: [{ text: 'no JSON' }] } }] };
    const { usage } = await ask(sendJson(200, first), sendJson(200, whole));
    expect(usage).toMatchObject({ outputTokens: 1_150, estimated: true, calls: 2 });
  });

  test('is told by a model that names itself otherwise, and is priced by that name', async () => {
    const cheap = await ask(
      sendJson(200, { ...whole, modelVersion: 'models/gemini-3.1-flash-lite-001' }),
    );
    expect(cheap.usage?.costUsd).toBeCloseTo((1_200 * 0.25 + 150 * 1.5) / 1e6, 9);
  });
});

function feedback(blockReason: unknown) {
  return { ...whole, promptFeedback: { blockReason } };
}

function finished(finishReason: unknown) {
  return { ...whole, candidates: [{ content, finishReason }] };
}

function contained(inside: unknown, finishReason = 'STOP') {
  return { ...whole, candidates: [{ content: inside, finishReason }] };
}

function said(parts: unknown, finishReason?: string) {
  return contained({ parts }, finishReason);
}
