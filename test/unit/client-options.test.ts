import { expect, test } from 'vitest';
import { readChanges } from '../../infra/stage/client-options.ts';

// What `npm run keys -- set` takes: each number goes into the table, and is read by every request of the client.

test.each([
  ['budget-day-usd', '1e-200'],
  ['budget-month-usd', '1e300'],
  ['budget-analysis-usd', '-1'],
  ['budget-day-usd', 'Infinity'],
  ['budget-day-analyses', '1e300'],
  ['budget-month-analyses', '0.5'],
  ['uploads-per-minute', '60000001'],
  ['reads-per-minute', '1e-200'],
  ['upload-days', '1e300'],
] as const)('--%s %s is refused in words', (name, text) => {
  expect(() => readChanges({}, { [name]: text })).toThrow(
    /^(the settings|--budget-day-usd) ?[\w ]*: \w/,
  );
});

test.each([
  ['budget-day-usd', '0', { budget: { dayUsd: 0 } }],
  ['budget-day-usd', '0.000001', { budget: { dayUsd: 0.000_001 } }],
  ['budget-month-usd', '1000000000', { budget: { monthUsd: 1_000_000_000 } }],
  ['budget-day-analyses', '1000000000', { budget: { dayAnalyses: 1_000_000_000 } }],
  ['uploads-per-minute', '60000000', { uploadsPerMinute: 60_000_000 }],
] as const)('--%s %s is taken', (name, text, changes) => {
  expect(readChanges({}, { [name]: text })).toEqual(changes);
});
