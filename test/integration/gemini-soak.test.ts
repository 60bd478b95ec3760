import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_CALLS_PER_ASK } from '../../lib/gemini/limits.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { createClock, createFaultRunner, type Run, type Step } from '../support/fault-run.ts';
import { ENDS, MODEL_FAULTS } from '../support/model-faults.ts';
import { type Service, startService } from '../support/service.ts';

// More by hand: SOAK_UPLOADS=1000
const UPLOADS = Number(process.env.SOAK_UPLOADS ?? 100);
const RATE = 0.3;
const WORKERS = 6;
const MAX_TRIES = 5;
const MINUTES = Math.ceil(UPLOADS / 200) + 1;

let service: Service;
let gemini: Gemini;
const runs: Run[] = [];

beforeAll(async () => {
  gemini = await startGemini({ apiKey: 'stand-in-key' });
  gemini.script({ rate: RATE, faults: MODEL_FAULTS });
  service = await startService();
  // Two instances, each with what it has learnt of the models.
  const options = {
    baseUrl: gemini.url,
    callTimeoutMs: 2_000,
    sharesPauses: true,
    clock: createClock(),
  };
  const instances = [createFaultRunner(service, options), createFaultRunner(service, options)];
  let left = UPLOADS;
  const workers = Array.from({ length: WORKERS }, async (_, index) => {
    while (left > 0) {
      left -= 1;
      const run = await instances[index % instances.length]?.run();
      if (run) runs.push(run);
    }
  });
  await Promise.all(workers);
}, MINUTES * 60_000);
afterAll(async () => {
  await service.stop();
  await gemini.close();
});

/** The calls of each try: between two, the message was in the queue. */
function countCallsByTry({ steps }: Run): number[] {
  const counts = [0];
  for (const { kind } of steps) {
    if (kind === 'queued') counts.push(0);
    if (kind === 'call') counts.push((counts.pop() ?? 0) + 1);
  }
  return counts;
}

/** Calls of a model that came before the time that it had asked for. */
function findHaste({ steps }: Run): Step[] {
  return steps.filter((step, index) => {
    if (step.kind !== 'call' || step.asksFor === undefined) return false;
    const next = steps.findIndex(
      (one, at) => at > index && 'model' in one && one.model === step.model,
    );
    const again = steps[next];
    if (again?.kind !== 'call') return false;
    // Told to slow down, a picture waits itself; a model that is down is avoided, while others make the time pass.
    const passed =
      step.status === 429 ? sumWaits(steps.slice(index, next)) : (again.began - step.ended) / 1_000;
    return passed < step.asksFor;
  });
}

function sumWaits(steps: Step[]): number {
  return steps.reduce((sum, step) => sum + ('seconds' in step ? step.seconds : 0), 0);
}

describe(`given ${UPLOADS} uploads, and a fault in ${RATE * 100} % of the calls`, () => {
  test('every one ends, in a documented way, and most of them well', () => {
    const ends = runs.map(({ record }) => record.error?.code ?? record.status);
    const counts = Object.fromEntries(
      [...new Set(ends)].map((end) => [end, ends.filter((each) => each === end).length]),
    );
    if (process.env.SOAK_UPLOADS) console.log(counts);
    expect(runs).toHaveLength(UPLOADS);
    expect(ENDS).toEqual(expect.arrayContaining(Object.keys(counts)));
    expect(counts.succeeded).toBeGreaterThan(0.85 * UPLOADS);
  });

  test('no picture is asked about more often than the policy says, and every call is in its record', () => {
    for (const run of runs) {
      const calls = countCallsByTry(run);
      expect(calls.length).toBeLessThanOrEqual(MAX_TRIES);
      expect(Math.max(...calls)).toBeLessThanOrEqual(MAX_CALLS_PER_ASK);
      expect(run.record.usage?.calls).toBe(calls.reduce((sum, each) => sum + each, 0));
    }
    const asked = runs.reduce((sum, { record }) => sum + (record.usage?.calls ?? 0), 0);
    expect(gemini.requests.length).toBe(Math.min(asked, 10_000));
    if (process.env.SOAK_UPLOADS)
      console.log({ asked, most: Math.max(...runs.map(({ record }) => record.usage?.calls ?? 0)) });
  });

  test('the delay that a model asked for was always waited', () => {
    expect(runs.flatMap(findHaste)).toEqual([]);
    const asked = runs.flatMap(({ steps }) => steps.filter((step) => 'asksFor' in step));
    expect(asked.length).toBeGreaterThan(0);
  });
});
