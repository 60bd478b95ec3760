import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGate } from '../support/gate.ts';
import { createBombs } from '../support/hostile.ts';

/** What a refusal may cost: seconds of the processor, and MiB above the resting process. */
const MAX_CPU_MS = 1_000;
const MAX_MIB = 150;

let gate: Awaited<ReturnType<typeof startGate>>;
beforeAll(async () => {
  gate = await startGate();
});
afterAll(() => gate.stop());

test('given files made to hurt, then each is refused with its code, before it costs anything', async () => {
  const found = [];
  for (const [name, bytes, wanted = 'file_too_complex'] of await createBombs()) {
    const { code, cpuMs, peakMiB } = await gate.pass(bytes);
    const isCheap = cpuMs < MAX_CPU_MS && peakMiB - gate.resting.peakMiB < MAX_MIB;
    found.push({ name, wanted, code, cost: isCheap ? 'cheap' : { cpuMs, peakMiB } });
  }
  expect(found).toEqual(
    found.map(({ name, wanted }) => ({ name, wanted, code: wanted, cost: 'cheap' })),
  );
  expect(found.length).toBeGreaterThan(15);
});
