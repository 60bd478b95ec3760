import { describe, expect, test } from 'vitest';
import { costUsd, PRICES } from '../../lib/gemini/prices.ts';
import { secondsToQuotaReset } from '../../lib/gemini/quota.ts';

const USAGE = { inputTokens: 1_000_000, outputTokens: 2_000_000 };
const NOVEMBER = Date.parse('2026-11-22T12:00:00Z');

describe('costUsd', () => {
  test('given tokens in and out, then each has its price', () => {
    expect(costUsd('gemini-3.1-flash-lite', USAGE, NOVEMBER)).toBeCloseTo(0.25 + 2 * 1.5);
  });

  test('given a price that changes, then the day decides', () => {
    expect(costUsd('gemini-3.8-flash', USAGE, NOVEMBER)).toBeCloseTo(0.75 + 2 * 3.75);
    expect(costUsd('gemini-3.8-flash', USAGE, Date.parse('2027-01-01'))).toBeCloseTo(1.5 + 2 * 7.5);
  });

  test('given tokens from the cache, then they are part of the input and cost less', () => {
    const usage = { ...USAGE, cachedTokens: 400_000 };
    const expected = 0.6 * 0.75 + 0.4 * 0.075 + 2 * 3.75;
    expect(costUsd('gemini-3.8-flash', usage, NOVEMBER)).toBeCloseTo(expected);
  });

  test('given an announced price, then it counts from its day on', () => {
    const december = Date.parse('2026-12-01T00:00:00Z');
    expect(costUsd('gemini-4-argon', USAGE, december - 1)).toBeCloseTo(2 + 2 * 10);
    expect(costUsd('gemini-4-argon', USAGE, december)).toBeCloseTo(4 + 2 * 20);
  });

  test('given the table, then each model has a price without a day, after those with one, the newest first', () => {
    for (const prices of Object.values(PRICES)) {
      const days = prices.map(({ from }) => from);
      expect(days.at(-1)).toBeUndefined();
      const dated = days.slice(0, -1);
      expect(dated).toEqual(dated.toSorted().toReversed());
      for (const day of dated) expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  test('given a release of a model, then it costs what the model costs', () => {
    expect(costUsd('models/gemini-3.5-flash-002', USAGE)).toBe(costUsd('gemini-3.5-flash', USAGE));
  });

  test.each(['sightline-stand-in', 'gemini-3.5-flash-ultra', 'constructor', ''])(
    'given the unknown model %j, then there is no figure',
    (model) => {
      expect(costUsd(model, USAGE)).toBeUndefined();
    },
  );
});

describe('secondsToQuotaReset', () => {
  test.each([
    ['2026-11-22T07:59:00Z', 60], // 23:59 in winter
    ['2026-07-01T07:00:00Z', 86_400], // midnight in summer
    ['2026-07-01T19:00:00Z', 43_200],
  ])('given %s, then it is %i seconds to midnight, Pacific time', (time, seconds) => {
    expect(secondsToQuotaReset(Date.parse(time))).toBe(seconds);
  });
});
