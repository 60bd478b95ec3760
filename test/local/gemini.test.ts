import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';

const API_KEY = 'the-only-key';
const MODEL = 'gemini-3.8-flash';
const SCHEMA = z.toJSONSchema(
  z.object({ caption: z.string(), tags: z.array(z.string()), answer: z.string().optional() }),
);

let gemini: Gemini;
let photo: string;

beforeAll(async () => {
  gemini = await startGemini({ apiKey: API_KEY });
  photo = (await readFile(new URL('../fixtures/rocket.jpg', import.meta.url))).toString('base64');
});
afterAll(() => gemini.close());

const inlined = (data: string, mimeType = 'image/jpeg') => ({ inlineData: { mimeType, data } });

const asking = (
  parts: unknown[] = [inlined(photo), { text: 'Describe it.' }],
  extra: object = {},
) => ({
  contents: [{ role: 'user', parts }],
  generationConfig: { responseMimeType: 'application/json', responseJsonSchema: SCHEMA },
  ...extra,
});

const post = (body: unknown, { model = MODEL, key = API_KEY, query = '' } = {}) =>
  fetch(`${gemini.url}/v1beta/models/${model}:generateContent${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { 'x-goog-api-key': key } : {}) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const answerSchema = z.object({
  candidates: z.array(
    z.object({
      content: z.object({ parts: z.array(z.object({ text: z.string() })).default([]) }),
      finishReason: z.string(),
    }),
  ),
  usageMetadata: z.record(z.string(), z.unknown()),
  modelVersion: z.string(),
  responseId: z.string(),
});

async function generate(body: unknown = asking()) {
  const response = await post(body);
  const answer = answerSchema.parse(await response.json());
  const [candidate] = answer.candidates;
  return {
    ...answer,
    finishReason: candidate?.finishReason,
    text: candidate?.content.parts[0]?.text ?? '',
  };
}

async function refusal(body: unknown, options?: Parameters<typeof post>[1]) {
  const response = await post(body, options);
  const { error } = z
    .object({ error: z.record(z.string(), z.unknown()) })
    .parse(await response.json());
  expect(error.code).toBe(response.status);
  return error;
}

describe('an answer of the stand-in', () => {
  test('given a photo and a schema, it is what was measured, and says so', async () => {
    const { text, finishReason, modelVersion } = await generate();

    expect(JSON.parse(text)).toEqual({
      caption: expect.stringMatching(
        /^Measured, not understood: a 640 × 427 px photo, mostly blue/,
      ),
      tags: expect.arrayContaining(['measured', 'photo', 'blue', 'dark']),
    });
    expect(finishReason).toBe('STOP');
    expect(modelVersion).toBe('sightline-stand-in');
  });

  test('given a schema that requires an answer, it says that it cannot answer and how to set a key', async () => {
    const responseJsonSchema = z.toJSONSchema(z.object({ answer: z.string() }));
    const generationConfig = { responseMimeType: 'application/json', responseJsonSchema };

    const { text } = await generate(asking(undefined, { generationConfig }));

    expect(JSON.parse(text).answer).toMatch(/measures files.*GEMINI_API_KEY=/);
  });

  test.each([
    ['nothing said', {}, undefined, 1120],
    ['low for the request', { mediaResolution: 'MEDIA_RESOLUTION_LOW' }, undefined, 280],
    ['medium for the request', { mediaResolution: 'MEDIA_RESOLUTION_MEDIUM' }, undefined, 560],
    ['ultra high for the part', {}, 'MEDIA_RESOLUTION_ULTRA_HIGH', 2240],
  ])(
    'given %s, the picture costs the documented tokens',
    async (_, generationConfig, level, tokens) => {
      const picture = { ...inlined(photo), ...(level ? { mediaResolution: { level } } : {}) };

      const { usageMetadata, text } = await generate({
        contents: [{ parts: [picture, { text: 'twelve chars' }] }],
        generationConfig,
      });

      const output = Math.ceil(text.length / 4);
      expect(usageMetadata).toMatchObject({
        promptTokenCount: tokens + 3,
        candidatesTokenCount: output,
        totalTokenCount: tokens + 3 + output,
      });
    },
  );

  test('given whether it may be kept, it is taken', async () => {
    expect((await post(asking(undefined, { store: false }))).status).toBe(200);
    expect(await refusal(asking(undefined, { store: 'no' }))).toMatchObject({ code: 400 });
  });

  test('given fewer output tokens than the answer needs, it is cut', async () => {
    const generationConfig = { maxOutputTokens: 5 };

    const { text, finishReason } = await generate(asking(undefined, { generationConfig }));

    expect(finishReason).toBe('MAX_TOKENS');
    expect(text).toHaveLength(20);
  });

  test('given a HEIC picture, which sharp cannot decode, it tells the size at least', async () => {
    const box = (type: string, ...content: Buffer[]) => {
      const body = Buffer.concat([Buffer.from(type, 'latin1'), ...content]);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(body.length + 4);
      return Buffer.concat([size, body]);
    };
    const size = Buffer.from([0, 0, 0, 0, 0, 0, 0x0f, 0xc0, 0, 0, 0x0b, 0xd0]);
    const heic = Buffer.concat([box('ftyp', Buffer.from('heic\0\0\0\0mif1')), box('ispe', size)]);

    const { text } = await generate(asking([inlined(heic.toString('base64'), 'image/heic')]));

    expect(JSON.parse(text).caption).toContain('HEIC picture of 4032 × 3024 px');
  });

  test('given models.get and models.list, they name the models', async () => {
    const headers = { 'x-goog-api-key': API_KEY };
    const one = await fetch(`${gemini.url}/v1beta/models/${MODEL}`, { headers });
    const all = await fetch(`${gemini.url}/v1beta/models`, { headers });

    expect(await one.json()).toMatchObject({ name: `models/${MODEL}` });
    expect(await all.json()).toMatchObject({ models: [{}, {}, {}] });
  });
});

describe('a request that Google would refuse', () => {
  test('given no key, 403', async () => {
    expect(await refusal(asking(), { key: '' })).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
    });
  });

  test('given another key, 400 with the reason API_KEY_INVALID', async () => {
    expect(await refusal(asking(), { key: 'another' })).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
    });
  });

  test('given the key in the URL, 400, for it would end up in logs', async () => {
    expect(await refusal(asking(), { query: `?key=${API_KEY}` })).toMatchObject({ code: 400 });
  });

  test('given a model that is gone, 404', async () => {
    expect(await refusal(asking(), { model: 'gemini-2.0-flash' })).toMatchObject({
      code: 404,
      status: 'NOT_FOUND',
    });
  });

  test.each([
    ['gemini-3.8-flash', 'minimal', 400],
    ['gemini-3.8-flash', 'low', 200],
    ['gemini-3.5-flash-lite', 'MINIMAL', 200],
    ['gemini-3.5-flash-lite', 'XHIGH', 400],
  ])(
    'given %s, it takes the thinking level %s or not: %i',
    async (model, thinkingLevel, status) => {
      const generationConfig = { thinkingConfig: { thinkingLevel } };
      const response = await post(asking(undefined, { generationConfig }), { model });
      expect(response.status).toBe(status);
      const body = await response.text();
      if (status === 400)
        expect(JSON.parse(body).error).toMatchObject({
          status: 'INVALID_ARGUMENT',
          message: `Thinking level ${thinkingLevel.toUpperCase()} is not supported for this model. Please retry with other thinking level.`,
        });
    },
  );

  test('given a model whose last day is over, 404, also where it is only looked for; others answer for some', async () => {
    const models = ['gemini-3.1-flash-lite', 'gemini-3.7-flash'];
    const ended = await startGemini({
      apiKey: API_KEY,
      models,
      now: () => Date.parse('2027-05-08'),
    });
    const headers = { 'x-goog-api-key': API_KEY };
    const call = (path: string, init = {}) =>
      fetch(`${ended.url}/v1beta/models${path}`, { headers, ...init });
    const asked = { method: 'POST', body: JSON.stringify(asking()) };
    const refused = await call('/gemini-3.1-flash-lite:generateContent', asked);
    expect(await refused.json()).toMatchObject({
      error: { code: 404, status: 'NOT_FOUND', message: expect.stringContaining('no longer') },
    });
    expect((await call('/gemini-3.1-flash-lite')).status).toBe(404);
    expect((await call('/gemini-3.7-flash:generateContent', asked)).status).toBe(200);
    expect(await (await call('')).json()).toMatchObject({
      models: [{ name: 'models/gemini-3.7-flash' }],
    });
    await ended.close();
  });

  test('given a field that does not exist, 400 with its name and place', async () => {
    const error = await refusal({
      ...asking(),
      generationConfig: { responseMimeTyp: 'application/json' },
    });

    expect(error).toMatchObject({
      code: 400,
      message: expect.stringContaining(`Unknown name "responseMimeTyp" at 'generation_config'`),
      details: [{ fieldViolations: [{ field: 'generation_config' }] }],
    });
  });

  test.each<[string, unknown]>([
    ['broken JSON', '{"contents": ['],
    ['no body', ''],
    ['no contents', {}],
    ['empty contents', { contents: [] }],
    ['a part that is nothing', { contents: [{ parts: [{}] }] }],
    [
      'a part that is two things',
      { contents: [{ parts: [{ text: 'a', inlineData: { mimeType: 'image/png', data: '' } }] }] },
    ],
    ['an unknown field at the top', { contents: [{ parts: [{ text: 'a' }] }], prompt: 'a' }],
  ])('given %s, 400', async (_, body) => {
    expect(await refusal(body)).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  });

  const config = (generationConfig: object) => ({
    contents: [{ parts: [{ text: 'a' }] }],
    generationConfig,
  });
  const json = { responseMimeType: 'application/json' };
  test.each<[string, object]>([
    ['both kinds of schema', { ...json, responseSchema: SCHEMA, responseJsonSchema: SCHEMA }],
    ['a schema without JSON asked for', { responseJsonSchema: SCHEMA }],
    ['maxItems', { ...json, responseJsonSchema: { type: 'array', maxItems: 5 } }],
    [
      'a pattern deep inside',
      {
        ...json,
        responseJsonSchema: {
          type: 'object',
          properties: { a: { items: { type: 'string', pattern: 'a' } } },
        },
      },
    ],
    [
      'both ways to limit thinking',
      { thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 5 } },
    ],
    ['ultra high resolution for the request', { mediaResolution: 'MEDIA_RESOLUTION_ULTRA_HIGH' }],
  ])('given %s, 400', async (_, generationConfig) => {
    expect(await refusal(config(generationConfig))).toMatchObject({ code: 400 });
  });

  test.each<[string, () => object]>([
    ['no base64', () => inlined(`data:image/jpeg;base64,${photo}`)],
    ['base64 of a wrong length', () => inlined('abcde')],
    ['a type that is not taken', () => inlined(photo, 'image/gif')],
    ['bytes of another type than named', () => inlined(photo, 'image/png')],
    ['half a picture', () => inlined(photo.slice(0, photo.length / 2 - ((photo.length / 2) % 4)))],
    ['no bytes', () => inlined('')],
    ['no HEIC', () => inlined(photo, 'image/heic')],
  ])('given %s, 400', async (_, part) => {
    expect(await refusal(asking([part()]))).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
    });
  });

  test('given a picture in the alphabet for URLs, without padding, it is taken', async () => {
    const png = await sharp({ create: { width: 5, height: 5, channels: 3, background: '#fb7' } })
      .png()
      .toBuffer();

    const response = await post(asking([inlined(png.toString('base64url'), 'image/png')]));

    expect(response.status).toBe(200);
  });

  test('given a body over 100 MB, 400 once it has been read', async () => {
    const error = await refusal(' '.repeat(100 * 1024 * 1024 + 1));

    expect(error.message).toContain('payload size exceeds the limit');
  });

  test('given what the stand-in does not do, 501', async () => {
    expect(await refusal(asking(undefined, { tools: [{ googleSearch: {} }] }))).toMatchObject({
      code: 501,
    });
  });
});
