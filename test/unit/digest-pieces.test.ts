import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestPieces } from '../../web/uploads/digest-pieces.ts';

test('a file of several pieces has the digest that the service finds, and tells how far it is', async () => {
  const bytes = randomBytes(9_000_001);
  const told: number[] = [];
  const digest = await digestPieces(new Blob([bytes]), (done) => told.push(done));
  expect(Buffer.from(digest)).toEqual(createHash('sha256').update(bytes).digest());
  expect(told).toEqual([0, 4_194_304, 8_388_608]);
});

test('what its listener throws ends it', async () => {
  const stop = () => {
    throw new Error('Enough.');
  };
  await expect(digestPieces(new Blob(['a']), stop)).rejects.toThrow('Enough.');
});
