import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describe as analyzer } from '../../lib/analyzers/describe.ts';
import { createGemini } from '../../lib/gemini/client.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';

let standIn: Gemini;
beforeAll(async () => {
  standIn = await startGemini({ apiKey: 'the-only-key' });
});
afterAll(() => standIn.close());

test.each([undefined, 'What is written on the rocket?'])(
  'given the analyzer `describe` and the question %j, its request is taken and the answer passes its check',
  async (question) => {
    const gemini = createGemini({
      baseUrl: standIn.url,
      models: ['gemini-3.8-flash'],
      readKey: async () => 'the-only-key',
    });
    const bytes = await readFile(new URL('../fixtures/rocket.jpg', import.meta.url));

    const { parse, ...asked } = analyzer.inquire({ question });
    const { mediaResolution, maxOutputTokens } = analyzer;
    const { value, model, usage } = await gemini.ask(
      { ...asked, media: { mediaType: 'image/jpeg', bytes }, mediaResolution, maxOutputTokens },
      parse,
      { signal: AbortSignal.timeout(10_000), deadline: Date.now() + 10_000 },
    );

    expect(value.result).toMatchObject({ objects: [], people: { count: 0 }, text: '' });
    expect(value.caption).toMatch(/^Measured, not understood/);
    expect(value.result.answer).toEqual(question ? expect.stringContaining('stand-in') : undefined);
    expect(model).toBe('sightline-stand-in');
    expect(usage).toMatchObject({ inputTokens: expect.any(Number) });
    expect(usage.calls).toBe(1);
  },
);
