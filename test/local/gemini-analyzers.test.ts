import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Analyzer, Asked } from '../../lib/analyzers/analyzer.ts';
import { createOwnAnalyzer } from '../../lib/analyzers/own.ts';
import { findBuiltIn, listBuiltIn } from '../../lib/analyzers/registry.ts';
import { createGemini } from '../../lib/gemini/client.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { writePdf } from '../support/pdf.ts';

// What the stand-in says to every analyzer: it measures, and so it has no verdict on anything.

const KEY = 'the-only-key';
const DRAWN_RECTANGLE = Buffer.from('0 0 1 rg 50 50 200 200 re f');
let standIn: Gemini;
beforeAll(async () => {
  standIn = await startGemini({ apiKey: KEY });
});
afterAll(() => standIn.close());

const fixture = (path: string) => readFile(new URL(`../fixtures/${path}`, import.meta.url));
const photo = async () => ({ mediaType: 'image/jpeg', bytes: await fixture('rocket.jpg') });
const video = async () => ({ mediaType: 'video/mp4', bytes: await fixture('media/tiny.mp4') });
const sound = async () => ({ mediaType: 'audio/mpeg', bytes: await fixture('media/tiny.mp3') });
const pdf = async (bytes: Uint8Array) => ({ mediaType: 'application/pdf', bytes });

function builtIn(reference: string): Analyzer {
  const [name = '', version] = reference.split('@');
  const found = findBuiltIn(name, version === undefined ? undefined : Number(version));
  if (!found) throw new Error(`${reference} is not built in`);
  return found;
}

async function ask(
  analyzer: Analyzer,
  media: { mediaType: string; bytes: Uint8Array },
  asked: Asked = {},
) {
  const gemini = createGemini({
    baseUrl: standIn.url,
    models: ['gemini-3.8-flash'],
    readKey: async () => KEY,
  });
  const { parse, ...question } = analyzer.createQuestion(asked);
  const { mediaResolution, maxOutputTokens } = analyzer;
  const request = { ...question, media, mediaResolution, maxOutputTokens };
  const times = { signal: AbortSignal.timeout(10_000), deadline: Date.now() + 10_000 };
  return gemini.ask(request, parse, times);
}

const SCHEMA = {
  type: 'object',
  properties: {
    shop: { type: ['string', 'null'] },
    kind: { enum: ['receipt', 'invoice', 'unknown'] },
    lines: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] },
  },
  required: ['shop', 'kind', 'lines'],
};
const FORCING = {
  type: 'object',
  properties: { total: { type: 'number' }, isPaid: { type: 'boolean' } },
  required: ['total', 'isPaid'],
};
const OPTIONS: Record<string, object> = {
  classify: { labels: ['cat', 'rocket'] },
  extract: { schema: SCHEMA },
};
const CATEGORIES = ['sexual', 'violence', 'hate', 'harassment', 'selfHarm', 'drugs', 'weapons'];
const MEASURED = expect.stringMatching(/^Measured, not understood: [^.]*(\.\d[^.]*)*\.$/);
const noSpeech = expect.stringContaining('measured and not understood');

const NO_VERDICT: Record<
  string,
  [media: () => Promise<{ mediaType: string; bytes: Uint8Array }>, caption: unknown, result: object]
> = {
  describe: [
    photo,
    MEASURED,
    {
      caption: MEASURED,
      tags: expect.arrayContaining(['measured']),
      scene: expect.stringMatching(/^measured: /),
      text: null,
      objects: [],
      people: null,
      moderation: Object.fromEntries(CATEGORIES.map((category) => [category, 'unrated'])),
    },
  ],
  'read-text': [photo, 'Text: not read.', { text: null, languages: [], blocks: [] }],
  moderate: [
    photo,
    'Not rated.',
    {
      highest: 'unrated',
      categories: CATEGORIES.map((category) => ({ category, level: 'unrated', reason: '' })),
    },
  ],
  classify: [
    photo,
    'Not classified.',
    { label: null, confidence: 'unrated', reason: '', others: [] },
  ],
  extract: [photo, MEASURED, { shop: null, kind: 'unknown', lines: null }],
  'describe-document': [
    () => pdf(writePdf({ content: { dictionary: '', bytes: DRAWN_RECTANGLE } })),
    MEASURED,
    {
      caption: MEASURED,
      type: 'document',
      title: null,
      language: 'und',
      summary: MEASURED,
      pages: [{ page: 1, text: null }],
      tables: [],
      fields: [],
    },
  ],
  'describe-video': [
    video,
    MEASURED,
    {
      summary: MEASURED,
      tags: ['measured', 'video', 'with sound'],
      languages: [],
      chapters: [{ start: 0, end: expect.any(Number), title: 'Part 1 of 1', summary: MEASURED }],
      objects: [],
      people: null,
      speech: [{ start: 0, end: expect.any(Number), speaker: '', text: noSpeech }],
      onScreenText: [],
      moderation: { highest: 'unrated', parts: [] },
    },
  ],
  transcribe: [
    sound,
    MEASURED,
    {
      summary: MEASURED,
      languages: [],
      speakers: [],
      text: noSpeech,
      segments: [{ start: 0, end: expect.any(Number), speaker: '', text: noSpeech }],
    },
  ],
};

test.each(listBuiltIn().map(({ name }) => name))(
  'given %s and a real file, then its answer states no verdict',
  async (name) => {
    const [media, caption, result] = NO_VERDICT[name] ?? [];
    const { value, model } = await ask(builtIn(name), (await media?.()) ?? (await photo()), {
      options: OPTIONS[name],
    });
    expect(value.caption).toEqual(caption);
    expect(value.result).toEqual(result);
    expect(value).not.toHaveProperty('instructionsInImage');
    expect(model).toBe('sightline-stand-in');
  },
);

test.each(['describe', 'describe-document', 'describe-video', 'transcribe'])(
  'given %s and a question, then the reply says that the stand-in cannot answer it',
  async (name) => {
    const [media] = NO_VERDICT[name] ?? [];
    const question = 'What is written on it?';
    const { value, usage } = await ask(builtIn(name), (await media?.()) ?? (await photo()), {
      question,
    });
    expect(value.result.answer).toEqual(expect.stringContaining('cannot answer questions'));
    expect(usage).toMatchObject({ inputTokens: expect.any(Number), calls: 1 });
  },
);

test.each(['describe@1', 'describe-document@1', 'describe-video@1'])(
  'given %s, whose schema cannot say that nobody knows, then the caption says that its values are placeholders',
  async (reference) => {
    const [media] = NO_VERDICT[reference.replace('@1', '')] ?? [];
    const { value } = await ask(builtIn(reference), (await media?.()) ?? (await photo()));
    expect(value.caption).toMatch(/^Measured, not understood.*placeholders, not findings\.$/);
  },
);

test("given a client's own schema, then only the values that it forces are named placeholders", async () => {
  const own = (schema: object) =>
    createOwnAnalyzer('own', 1, {
      prompt: 'Read the receipt.',
      schema: { ...schema },
      mediaResolution: 'low',
      thinking: 'low',
      maxOutputTokens: 1_024,
    });
  const open = await ask(own(SCHEMA), await photo());
  expect(open.value.caption).toEqual(MEASURED);
  expect(open.value.result).toEqual({ shop: null, kind: 'unknown', lines: null });
  const forced = await ask(own(FORCING), await photo());
  expect(forced.value).toEqual({
    caption: expect.stringMatching(/^Measured, not understood.*placeholders, not findings\.$/),
    result: { total: 0, isPaid: false },
  });
});
