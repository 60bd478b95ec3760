import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isStuck, withinBounds } from '../../../lib/media/bounds.ts';

const forever = () => new Promise<never>(() => undefined);
const never = new AbortController().signal;

test('given work that ends, then its value or its error is the answer', async () => {
  expect(await withinBounds(never, async () => 'done')).toBe('done');
  const broken = withinBounds(never, () => Promise.reject(new Error('broken')));
  await expect(broken).rejects.toThrow('broken');
});

test('given more of the processor than allowed, then it is stuck', async () => {
  const stuck = await withinBounds(never, forever, 0).catch((error: unknown) => error);
  expect(isStuck(stuck)).toBe(true);
  expect(stuck).toMatchObject({ code: 'internal' });
});

test('given a machine that gives it no time, then it is waited for', async () => {
  const starved = () => sleep(600, 'done at last'); // takes no processor, however long
  expect(await withinBounds(never, starved, 2)).toBe('done at last');
});

test('given a caller out of time, then it is stuck', async () => {
  const late = withinBounds(AbortSignal.timeout(20), forever).catch((error: unknown) => error);
  expect(isStuck(await late)).toBe(true);
});

test('given another error, then it is not taken for one', () => {
  expect(isStuck(new Error('The file could not be decoded in time.'))).toBe(false);
});
