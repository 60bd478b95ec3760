import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTokens, parseResponse } from '../../../lib/gemini/response.ts';
import { costUsd } from '../../../lib/gemini/tally.ts';

const MODEL = 'gemini-3.8-flash';
const BOUND = { inputTokens: 200_000, outputTokens: 65_536 };
const WORDS = [{ content: { parts: [{ text: '{}' }] }, finishReason: 'STOP' }];

interface Truth {
  prompt: number;
  cached: number;
  candidates: number;
  thoughts: number;
}
const truth = fc.record<Truth>({
  prompt: fc.integer({ min: 1, max: 100_000 }),
  cached: fc.integer({ min: 0, max: 50_000 }),
  candidates: fc.integer({ min: 1, max: 30_000 }),
  thoughts: fc.integer({ min: 0, max: 30_000 }),
});

function listCounts({ prompt, cached, candidates, thoughts }: Truth) {
  return {
    promptTokenCount: prompt,
    cachedContentTokenCount: Math.min(cached, prompt),
    candidatesTokenCount: candidates,
    thoughtsTokenCount: thoughts,
    totalTokenCount: prompt + candidates + thoughts,
  };
}
type Name = keyof ReturnType<typeof listCounts>;
const NAMES = Object.keys(listCounts({ prompt: 0, cached: 0, candidates: 0, thoughts: 0 }));

/** Forms of a number that all say the same. */
const FORMS: ((count: number) => unknown)[] = [
  (count) => count,
  (count) => String(count),
  (count) => ` ${count}.0 `,
  (count) => (count === 0 ? undefined : count),
  (count) => (count === 0 ? null : count),
];
const UNREADABLE = [-1, 'NaN', 'many', '', true, {}, [], 1e300, -0.5];

const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function count(usageMetadata: unknown, { isSnake = false, candidates = WORDS as unknown } = {}) {
  const metadata = isSnake ? renamed(usageMetadata) : usageMetadata;
  const name = isSnake ? 'usage_metadata' : 'usageMetadata';
  const response = parseResponse(JSON.stringify({ candidates, [name]: metadata }));
  if (!response) throw new Error('no answer');
  return countTokens(response, BOUND);
}

function renamed(value: unknown): unknown {
  const entries = Object.entries(Object(value)).map(([name, one]) => [toSnake(name), one]);
  return Object.fromEntries(entries);
}

test('given counts in any form that can be read, then they are read, and nothing is estimated', () => {
  const forms = fc.array(fc.constantFrom(...FORMS), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(truth, forms, fc.boolean(), (true_, chosen, isSnake) => {
      const counts = Object.entries(listCounts(true_));
      const written = counts.map(([name, number], at) => [name, chosen[at]?.(number)]);
      const { prompt, cached, candidates, thoughts } = true_;
      expect(count(Object.fromEntries(written), { isSnake })).toEqual({
        inputTokens: prompt,
        cachedTokens: Math.min(cached, prompt),
        outputTokens: candidates + thoughts,
        thinkingTokens: thoughts,
        totalTokens: prompt + candidates + thoughts,
        isEstimated: false,
      });
    }),
  );
});

test('given counts of which any are broken, then none is below the truth, and what is above it is marked', () => {
  const spoilt = fc.subarray(NAMES);
  const values = fc.constantFrom<unknown>(...UNREADABLE);
  fc.assert(
    fc.property(truth, spoilt, values, (true_, broken, value) => {
      const counts = listCounts(true_);
      const metadata = { ...counts, ...Object.fromEntries(broken.map((name) => [name, value])) };
      const counted = count(metadata);
      const expected = {
        inputTokens: counts.promptTokenCount,
        outputTokens: counts.candidatesTokenCount + counts.thoughtsTokenCount,
      };
      expect(counted.inputTokens).toBeGreaterThanOrEqual(expected.inputTokens);
      expect(counted.outputTokens).toBeGreaterThanOrEqual(expected.outputTokens);
      expect(counted.inputTokens).toBeLessThanOrEqual(BOUND.inputTokens);
      expect(counted.outputTokens).toBeLessThanOrEqual(BOUND.outputTokens);
      const cost = costUsd(MODEL, counted) ?? 0;
      expect(cost).toBeGreaterThanOrEqual(
        costUsd(MODEL, { ...expected, cachedTokens: counts.cachedContentTokenCount }) ?? 0,
      );
      if (!counted.isEstimated) expect(counted).toMatchObject(expected);
    }),
  );
});

test('given any JSON as usage, then the counts are whole, and the input is not nothing', () => {
  const names = fc.constantFrom<Name[]>(...(NAMES as Name[]));
  const anything = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()));
  fc.assert(
    fc.property(anything, (usage) => {
      const { isEstimated, ...counted } = count(usage);
      for (const number of Object.values(counted)) {
        expect(Number.isSafeInteger(number)).toBe(true);
        expect(number).toBeGreaterThanOrEqual(0);
      }
      expect(Math.min(counted.inputTokens, counted.outputTokens)).toBeGreaterThan(0);
    }),
  );
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['a text', 'free of charge'],
  ['zeros', { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 }],
])('given %s, then all is as much as the call can be billed for', (_, usage) => {
  expect(count(usage)).toEqual({
    ...BOUND,
    cachedTokens: 0,
    thinkingTokens: 0,
    totalTokens: 265_536,
    isEstimated: true,
  });
});

test.each<[string, object, object]>([
  [
    'only a total',
    { totalTokenCount: 1_350 },
    { inputTokens: 1_350, outputTokens: 1_350, totalTokens: 1_350, isEstimated: true },
  ],
  [
    'only a total, which is more than may be written',
    { totalTokenCount: 100_000 },
    { inputTokens: 100_000, outputTokens: 65_536, totalTokens: 100_000, isEstimated: true },
  ],
  [
    'a total and the input',
    { promptTokenCount: 1_200, totalTokenCount: 1_350 },
    { inputTokens: 1_200, outputTokens: 150, isEstimated: false },
  ],
  [
    'only the input',
    { promptTokenCount: 1_200 },
    { inputTokens: 1_200, outputTokens: 65_536, isEstimated: true },
  ],
  [
    'tokens by kind of media',
    {
      promptTokensDetails: [{ tokenCount: 1_120 }, { tokenCount: '80' }],
      candidatesTokensDetails: [{ tokenCount: 100 }],
    },
    { inputTokens: 1_200, outputTokens: 100, isEstimated: false },
  ],
  [
    'fractions',
    { promptTokenCount: 1_199.5, candidatesTokenCount: 99.1 },
    { inputTokens: 1_200, outputTokens: 100, isEstimated: false },
  ],
])('given %s, then the rest follows or is bounded', (_, usage, expected) => {
  expect(count(usage)).toMatchObject(expected);
});

test('given no words and no count of them, then none were paid for: Google leaves out zeros', () => {
  const usage = { promptTokenCount: 1_200, thoughtsTokenCount: 40 };
  expect(count(usage, { candidates: [{ finishReason: 'MAX_TOKENS' }] })).toMatchObject({
    inputTokens: 1_200,
    outputTokens: 40,
    isEstimated: false,
  });
});
