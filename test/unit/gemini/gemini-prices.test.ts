import { describe, expect, test } from 'vitest';
import { MODELS } from '../../../lib/gemini/models.ts';
import { secondsToQuotaReset } from '../../../lib/gemini/problem.ts';
import { boundUsd, chargeUsd, costUsd } from '../../../lib/gemini/tally.ts';

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
    for (const { prices } of Object.values(MODELS)) {
      const days = prices.map(({ from }) => from);
      expect(days.at(-1)).toBeUndefined();
      const dated = days.slice(0, -1);
      expect(dated).toEqual(dated.toSorted().toReversed());
      for (const day of dated) expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  test.each([
    ['models/gemini-3.5-flash-002', 'gemini-3.5-flash'],
    ['gemini-3.5-flash-lite-preview-09-2026', 'gemini-3.5-flash-lite'],
    ['gemini-3.8-flash-preview', 'gemini-3.8-flash'],
    ['gemini-3.1-pro-preview-11-2025', 'gemini-3.1-pro-preview'],
    ['Gemini-4-Neon-20261118', 'gemini-4-neon'],
    [
      'projects/p/locations/global/publishers/google/models/gemini-3.6-flash@001',
      'gemini-3.6-flash',
    ],
  ])('given the release %s, then it costs what %s costs', (release, model) => {
    expect(costUsd(release, USAGE)).toBe(costUsd(model, USAGE));
    expect(costUsd(model, USAGE)).toBeGreaterThan(0);
  });

  test('given a model that is dearer for long prompts, then the length of each decides', () => {
    const [short, long] = [200_000, 200_001].map((inputTokens) => ({
      inputTokens,
      outputTokens: 1_000,
    }));
    if (!short || !long) throw new Error('no usage');
    expect(costUsd('gemini-3.1-pro-preview', short)).toBeCloseTo(0.2 * 2 + 0.001 * 12);
    expect(costUsd('gemini-3.1-pro-preview', long)).toBeCloseTo(0.200001 * 4 + 0.001 * 18);
  });

  test.each([
    'sightline-stand-in',
    'gemini-3.5-flash-ultra',
    'gemini-3.5-flash-lite-8b',
    'gemini-3.8',
    'constructor',
    '',
  ])('given the unknown model %j, then there is no figure', (model) => {
    expect(costUsd(model, USAGE)).toBeUndefined();
  });
});

describe('boundUsd', () => {
  test('given a model that a cheaper one answers for since its last day, then the dearer of both counts', () => {
    const bound = boundUsd('gemini-3.5-flash', USAGE, NOVEMBER);
    expect(bound).toBe(costUsd('gemini-3.5-flash', USAGE, NOVEMBER));
    expect(bound).toBeGreaterThan(costUsd('gemini-3.6-flash', USAGE, NOVEMBER) ?? Infinity);
  });

  test('given an unknown model, then the dearest of the table counts', () => {
    const listed = Object.keys(MODELS).map((name) => costUsd(name, USAGE, NOVEMBER) ?? 0);
    expect(boundUsd('gemini-9', USAGE, NOVEMBER)).toBe(Math.max(...listed));
    expect(chargeUsd('gemini-9', USAGE, NOVEMBER)).toBe(Math.max(...listed));
  });
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
