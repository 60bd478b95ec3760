import fc from 'fast-check';
import { startGate } from './gate.ts';
import { createSeeds, mutants } from './mutate.ts';

/** What any file may do to the process, in MiB above its rest: the largest are a few megapixels by their headers. */
const MAX_GROWTH_MIB = 400;
const CODES = [undefined, 'file_malformed', 'file_too_complex', 'type_unsupported'];

/**
 * Sends mutated files through the gate, in a process of its own: each ends as a picture or with a code of
 * the file, whatever was done to it. AVIF and HEIC take a hundred times as long and come less often.
 */
export async function fuzzGate(runs: { quick: number; slow: number }, seed?: number) {
  const gate = await startGate();
  const { quick, slow } = await createSeeds();
  const check = async (bytes: Buffer) => {
    const { code, peakMiB } = await gate.pass(bytes);
    if (!CODES.includes(code)) throw new Error(`it ended with ${code}`);
    const growth = peakMiB - gate.resting.peakMiB;
    if (growth > MAX_GROWTH_MIB) throw new Error(`it took ${growth} MiB`);
  };
  const options = seed === undefined ? {} : { seed };
  try {
    for (const [seeds, numRuns] of [
      [quick, runs.quick],
      [slow, runs.slow],
    ] as const) {
      await fc.assert(fc.asyncProperty(mutants(seeds), check), {
        numRuns,
        endOnFailure: true,
        ...options,
      });
    }
  } finally {
    gate.stop();
  }
}
