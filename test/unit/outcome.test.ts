import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelaySeconds } from '../../lib/analysis/outcome.ts';
import { matchETag } from '../../lib/api/validation.ts';

test('delays between tries grow, and stay within fifteen minutes', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelaySeconds(attempt, () => 1));
  expect(ceilings).toEqual([4, 12, 36, 108, 324, 900, 900]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 99 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const delay = retryDelaySeconds(attempt, () => random);
        expect(Number.isInteger(delay) && delay >= 0 && delay <= 900).toBe(true);
      },
    ),
  );
});

test.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  [undefined, false],
])('If-None-Match: %s', (header, matches) => {
  expect(matchETag(header, '"a"')).toBe(matches);
});
