import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { invoke, invokeApi } from '../support/invoke.ts';
import { writePdf } from '../support/pdf.ts';
import { type Service, startService } from '../support/service.ts';

// PDFs through the deployed handlers, against the laptop's cloud and the stand-in.

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
type Json = any;
let service: Service;
let gemini: Gemini;

beforeAll(async () => {
  gemini = await startGemini({ apiKey: 'stand-in-key' });
  service = await startService({ geminiBaseUrl: gemini.url, rateLimitPerMinute: '0' });
  await service.addKey('sk_test', 'client');
  service.cloud.secrets.putValue(service.played.refOf('GeminiSecret'), 'stand-in-key');
});
afterAll(async () => {
  await service.stop();
  await gemini.close();
});

const call = (name: string, event: object) => invokeApi(service, name, event, 'sk_test');
let sequence = 0;
async function analyse(bytes: Uint8Array, wish: object = {}): Promise<Json> {
  const told = { filename: 'a.pdf', contentType: 'application/octet-stream', ...wish };
  const { status, body } = await call('create-upload', { body: JSON.stringify(told) });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const key = `uploads/${body.id}`;
  await service.uploads.put(key, bytes, told.contentType);
  sequence += 1;
  const object = { key, size: 1, sequencer: String(sequence).padStart(16, '0') };
  const s3 = { bucket: { name: service.uploadBucket }, object };
  const record = { eventName: 'ObjectCreated:Put', eventTime: new Date().toISOString(), s3 };
  await invoke(service, 'process-upload', { Records: [record] });
  return (await call('get-analysis', { pathParameters: { id: body.id } })).body;
}
const lastRequest = (): Json => gemini.requests.at(-1)?.body;

const texts = Array.from({ length: 30 }, (_, index) => `Chapter ${index + 1}\nof thirty`);
const thirty = writePdf({
  texts,
  info: '/Author(Jane Doe)',
  catalog: '/OpenAction<</S/JavaScript/JS(x)>>',
});

test('given thirty pages and no analyzer, when analysed, then each is described under its number', async () => {
  const analysis = await analyse(thirty);
  expect(analysis).toMatchObject({
    status: 'succeeded',
    source: { mediaType: 'application/pdf', pages: 30 },
    analyzer: { name: 'describe-document', version: 2 },
    safety: { metadataStripped: ['info'], activeContent: ['javascript'], typeMismatch: [] },
    usage: { inputTokens: expect.any(Number) },
    links: { picture: expect.any(String) },
  });
  expect(analysis.source).not.toHaveProperty('pageRange');
  expect(analysis.result.pages).toEqual(texts.map((text, index) => ({ page: index + 1, text })));
  expect(analysis.usage.inputTokens).toBeGreaterThan(30 * 560);
  expect(JSON.stringify(lastRequest())).toContain('"mimeType":"application/pdf"');
});

test('given a range of pages, when analysed, then the model sees those, and they keep their numbers', async () => {
  const analysis = await analyse(thirty, { pages: { first: 7, last: 9 }, prompt: 'Which?' });
  expect(analysis.source).toMatchObject({ pages: 30, pageRange: { first: 7, last: 9 } });
  expect(analysis.result.pages.map(({ page }: Json) => page)).toEqual([7, 8, 9]);
  expect(analysis.result.pages[0].text).toBe('Chapter 7\nof thirty');
  expect(analysis.result.answer).toMatch(/stand-in/);
});

test('given a schema, when a document is extracted from, then the model is told that it is one', async () => {
  const schema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
  const analysis = await analyse(thirty, { analyzer: 'extract', options: { schema } });
  expect(analysis).toMatchObject({ status: 'succeeded', result: { text: texts.join('\n') } });
  expect(JSON.stringify(lastRequest().contents)).toContain('It is a document');
});

test('given an analyzer of pictures, when a document comes, then it is rejected with what is taken', async () => {
  const analysis = await analyse(thirty, { analyzer: 'describe' });
  expect(analysis).toMatchObject({
    status: 'rejected',
    error: { code: 'type_unsupported', message: expect.stringContaining('pictures') },
  });
});

test.each([
  ['cut off', thirty.subarray(0, 900), 'file_malformed'],
  ['a program by another name', Buffer.from('MZ\x90\0\x03'), 'type_unsupported'],
  ['of too many pages', writePdf({ count: 1_001 }), 'file_too_complex'],
])('given a file that is %s, when analysed, then it is rejected', async (_, bytes, code) => {
  expect(await analyse(bytes)).toMatchObject({ status: 'rejected', error: { code } });
});

test('given pages that the document does not have, when analysed, then it says so', async () => {
  const { error } = await analyse(writePdf(), { pages: { first: 2, last: 3 } });
  expect(error).toMatchObject({
    code: 'request_invalid',
    message: expect.stringContaining('1 page'),
  });
});
