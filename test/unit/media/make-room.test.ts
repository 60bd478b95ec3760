import { expect, test } from 'vitest';
import { makeRoom } from '../../../lib/media/image/memory.ts';

test('what is dead is let go of before a decode that takes much memory', async () => {
  const dead = new WeakRef(new ArrayBuffer(1_000));
  await new Promise(setImmediate); // until then it is kept for the sake of who made it
  makeRoom(216_000_000);
  expect(dead.deref()).toBeUndefined();
});
