import { describe, expect, test } from 'vitest';
import {
  fitThinking,
  lessThinking,
  listEnds,
  MODELS,
  whoAnswers,
} from '../../../lib/gemini/models.ts';

const RANKS = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'];

describe.each(Object.entries(MODELS))('the row of %s', (name, row) => {
  test('is sound', () => {
    const ranks = row.thinking.map((level) => RANKS.indexOf(level));
    expect(ranks).toEqual(ranks.toSorted());
    expect(row.thinking).toContain(row.defaultThinking);
    expect(row.resolutions.length).toBeGreaterThan(0);
    expect(row.prices.length).toBeGreaterThan(0);
    if (row.lastDay) expect(new Date(row.lastDay).toISOString()).toContain(row.lastDay);
    if (row.successor) expect(Object.keys(MODELS)).toContain(row.successor);
    if (row.isAnsweredFor) expect(row.successor).toBeDefined();
    expect(name).toBe(name.toLowerCase());
  });

  test('gives every wanted level one that it has, the nearest from there up', () => {
    for (const wanted of ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'] as const) {
      const level = fitThinking(name, wanted, 0);
      expect(row.thinking).toContain(level);
      if (row.thinking.includes(wanted)) expect(level).toBe(wanted);
    }
  });
});

test.each([
  ['gemini-3.8-flash', 'MINIMAL', 'LOW'],
  ['gemini-3.8-flash-001', 'MINIMAL', 'LOW'],
  ['gemini-3.8-flash', 'XHIGH', 'HIGH'],
  ['gemini-3.5-flash-lite', 'MINIMAL', 'MINIMAL'],
  ['gemini-4-hydrogen', 'XHIGH', 'XHIGH'],
  ['gemini-9', 'MINIMAL', 'MINIMAL'],
] as const)('given %s and %s, then %s is sent', (model, wanted, sent) => {
  expect(fitThinking(model, wanted)).toBe(sent);
});

test.each([
  ['gemini-3.8-flash', 'HIGH', 'LOW'],
  ['gemini-3.8-flash', 'LOW', undefined],
  ['gemini-3.6-flash', 'LOW', 'MINIMAL'],
  ['gemini-9', 'HIGH', 'LOW'],
  ['gemini-9', 'MINIMAL', undefined],
] as const)('given %s at %s and no room, then it is asked with %s', (model, level, less) => {
  expect(lessThinking(model, level)).toBe(less);
});

test('given a name that another model answers for, then it does from the day after its last', () => {
  const lastDay = Date.parse('2026-10-08');
  expect(whoAnswers('gemini-3.7-flash', lastDay + 86_399_999)).toBe('gemini-3.7-flash');
  expect(whoAnswers('gemini-3.7-flash', lastDay + 86_400_000)).toBe('gemini-3.8-flash');
  expect(whoAnswers('gemini-9')).toBe('gemini-9');
});

describe('a model that ends', () => {
  const MODEL = 'gemini-3.1-flash-lite'; // on 2027-05-07
  const noticed = (at: string) => listEnds(['gemini-3.8-flash', MODEL, 'gemini-9'], Date.parse(at));

  test('is not warned of until sixty days before its last day', () => {
    expect(noticed('2027-03-07T23:59:59Z')).toEqual([]);
    expect(noticed('2027-03-08T00:00:00Z')).toMatchObject([{ model: MODEL, hasEnded: false }]);
  });

  test('is warned of with its day and its successor, also when it has ended', () => {
    const successor = 'gemini-3.5-flash-lite';
    expect(noticed('2027-05-07T23:59:59Z')).toEqual([
      {
        model: MODEL,
        lastDay: '2027-05-07',
        hasEnded: false,
        successor,
        message: `${MODEL} ends on 2027-05-07: name another model in its place, such as ${successor}.`,
      },
    ]);
    expect(noticed('2027-05-08')).toMatchObject([{ hasEnded: true }]);
  });

  test('says who answers for it', () => {
    const [end] = listEnds(['models/gemini-3.7-flash'], Date.parse('2026-11-30'));
    expect(end).toMatchObject({ model: 'models/gemini-3.7-flash', hasEnded: true });
    expect(end?.message).toContain('gemini-3.8-flash answers for it');
  });
});
