import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTokens, createBucket, latestFor } from '../../../lib/rates/rate-limit.ts';

const SECOND = 1_000_000;

test('a full bucket holds all its tokens and waits for none', () => {
  expect(countTokens(createBucket(10), 0, 5 * SECOND)).toEqual({ remaining: 10, nextSeconds: 0 });
});

test('after one of ten a minute nine are left, and six seconds bring the next', () => {
  const bucket = createBucket(10);
  const now = 100 * SECOND;
  const fullAt = now + bucket.interval;
  expect(countTokens(bucket, fullAt, now)).toEqual({ remaining: 9, nextSeconds: 6 });
  expect(countTokens(bucket, fullAt, now + 4 * SECOND)).toEqual({ remaining: 9, nextSeconds: 2 });
  expect(countTokens(bucket, fullAt, now + 6 * SECOND)).toEqual({ remaining: 10, nextSeconds: 0 });
});

test('a bucket of a larger limit than today’s is empty, and says when the first token is there', () => {
  const now = 100 * SECOND;
  const { remaining, nextSeconds } = countTokens(createBucket(10), now + 60 * SECOND, now);
  expect({ remaining, nextSeconds }).toEqual({ remaining: 0, nextSeconds: 6 });
});

test('whatever the limit and the requests: no window lets more in than the bucket and what it refilled', () => {
  const requests = fc.array(fc.integer({ min: 0, max: 3 * SECOND }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), requests, (perMinute, pauses) => {
      const bucket = createBucket(perMinute);
      let now = 1_000 * SECOND;
      let fullAt = 0;
      const admitted: number[] = [];
      for (const pause of pauses) {
        now += pause;
        if (Math.max(fullAt, now) > latestFor(bucket, 1, now)) continue;
        fullAt = Math.max(fullAt, now) + bucket.interval;
        admitted.push(now);
      }
      for (const [first, from] of admitted.entries())
        for (let last = first; last < admitted.length; last += 1) {
          const span = (admitted[last] ?? 0) - from;
          expect(last - first + 1).toBeLessThanOrEqual(
            perMinute + (span * perMinute) / 60 / SECOND,
          );
        }
    }),
    { numRuns: 50 },
  );
});
