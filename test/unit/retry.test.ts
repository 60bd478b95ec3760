import { describe, expect, test } from 'vitest';
import { type RetryOptions, retry } from '../../lib/retry.ts';

const SOON = () => Date.now() + 60_000;

/** Runs work that fails with these errors and then succeeds; sleeps are noted. */
async function run(errors: unknown[], options: Partial<RetryOptions> = {}) {
  const left = [...errors];
  const slept: number[] = [];
  let tries = 0;
  const work = async () => {
    tries += 1;
    const error = left.shift();
    if (error !== undefined) throw error;
    return 'done';
  };
  const outcome = await retry(work, {
    tries: 4,
    baseMs: 100,
    capMs: 300,
    deadline: SOON(),
    signal: new AbortController().signal,
    isRetryable: () => true,
    random: () => 1,
    sleep: async (ms) => {
      slept.push(ms);
    },
    ...options,
  }).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { ...outcome, slept, tries };
}

const [first, second, third, fourth] = ['1', '2', '3', '4'].map((name) => new Error(name));

describe('retry', () => {
  test('given work that fails at first, then it is tried again with doubled delays up to the cap', async () => {
    const { slept, ...outcome } = await run([first, second, third]);
    expect(outcome).toMatchObject({ value: 'done', tries: 4 });
    expect(slept).toEqual([100, 200, 300]);
  });

  test('given a random source, then the delay is that part of the longest one', async () => {
    const { slept } = await run([first, second], { random: () => 0.25 });
    expect(slept).toEqual([25, 50]);
  });

  test('given that all tries fail, then the last error is thrown', async () => {
    expect(await run([first, second, third, fourth])).toMatchObject({ error: fourth, tries: 4 });
  });

  test('given an error that is not retryable, then it is thrown at once', async () => {
    const outcome = await run([first, second], { isRetryable: (error) => error !== first });
    expect(outcome).toMatchObject({ error: first, tries: 1, slept: [] });
  });

  test('given a delay of the other side, then it goes before our own, even past the cap', async () => {
    const { slept } = await run([first, second], {
      delayOf: (error) => (error === first ? 1_234 : undefined),
    });
    expect(slept).toEqual([1_234, 200]);
  });

  test('given a delay that goes past the deadline, then the error is thrown without sleeping', async () => {
    const outcome = await run([first], { delayOf: () => 5_000, deadline: Date.now() + 4_000 });
    expect(outcome).toMatchObject({ error: first, tries: 1, slept: [] });
  });

  test("given a caller who gives up during the sleep, then the work's own error is thrown", async () => {
    const caller = new AbortController();
    setTimeout(() => caller.abort(), 10);
    const started = retry(() => Promise.reject(first), {
      tries: 3,
      baseMs: 1,
      capMs: 1,
      deadline: SOON(),
      signal: caller.signal,
      isRetryable: () => true,
      delayOf: () => 30_000,
    });
    await expect(started).rejects.toBe(first);
  });
});
