import { expect, test } from 'vitest';
import { createRetryStrategy } from '../../../lib/aws/wire/client.ts';
import { withDeadline } from '../../../lib/retry.ts';

const TRIES = 4;
const ANSWER_MS = 1_000;
const broken = { errorType: 'TRANSIENT' };

/** The tries of one call that goes on to fail. */
async function countTries(error: { errorType: string; error?: Error } = broken): Promise<number> {
  const strategy = createRetryStrategy(TRIES, ANSWER_MS);
  let token = await strategy.acquireInitialRetryToken();
  for (let tries = 1; ; tries += 1) {
    const next = await strategy.refreshRetryTokenForRetry(token, error).catch(() => undefined);
    if (!next) return tries;
    token = next;
  }
}

test('however many calls have failed, the next is tried as often as the first', async () => {
  const strategy = createRetryStrategy(TRIES, ANSWER_MS);
  const token = await strategy.acquireInitialRetryToken();
  for (let calls = 0; calls < 1_000; calls += 1)
    expect((await strategy.refreshRetryTokenForRetry(token, broken)).getRetryCount()).toBe(1);
});

test('a call ends after its tries; what the caller got wrong is not tried again', async () => {
  expect(await countTries()).toBe(TRIES);
  expect(await countTries({ errorType: 'CLIENT_ERROR' })).toBe(1);
});

test('no try begins beyond the time of the invocation, nor one that took all of its time before', async () => {
  const slow = { ...broken, error: Object.assign(new Error('late'), { name: 'TimeoutError' }) };
  expect(await withDeadline(Date.now() - 1, () => countTries())).toBe(1);
  expect(await withDeadline(Date.now() + ANSWER_MS, () => countTries(slow))).toBe(1);
});
