import { test } from 'vitest';
import { fuzzGate } from '../support/fuzz.ts';

test('given thousands of damaged files of every format, then none crashes, hangs or fills the process', async () => {
  await fuzzGate({ quick: 4_000, slow: 60 });
}, 120_000);
