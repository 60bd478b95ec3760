import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import type { Outcome } from '../../lib/analysis/outcome.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import { type Budget, dayOf } from '../../lib/budget/budget.ts';
import { createGemini } from '../../lib/gemini/client.ts';
import { chargeUsd, costUsd } from '../../lib/gemini/tally.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import {
  type GeminiServer,
  refuse,
  type Step,
  say,
  startGeminiServer,
} from '../support/gemini-server.ts';
import { MEDIA_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const UPLOADS = Number(process.env.BUDGET_UPLOADS ?? 40);
const ADMITTED = Number(process.env.BUDGET_ADMITTED ?? 15);
const PARALLEL = 8;
const PATIENCE = { timeout: 20_000, interval: 10 }; // a busy machine
/** What the fake says of each answer. */
const TOKENS = { inputTokens: 1_200, outputTokens: 150 };
/** What that costs on the day of the test, in millionths of a dollar. */
const EXACT = (costUsd('gemini-3.8-flash', TOKENS) ?? 0) * 1e6;
const COST = Math.ceil(EXACT);

const photo = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const analyzer = { name: 'describe', version: 1 };
const GOOD = say(JSON.stringify(DESCRIBE_ANSWER));
const DOWN = refuse(503, 'UNAVAILABLE');

let service: Service;
let server: GeminiServer;
let step: Step = GOOD;
let now = Date.parse('2026-11-22T12:00:00Z');
let sequence = 0;

vi.setConfig({ testTimeout: 30_000 });
beforeAll(async () => {
  service = await startService();
  server = await startGeminiServer([(response, seen) => step(response, seen)]);
});
afterAll(async () => {
  await service.stop();
  await server.close();
});
beforeEach(() => {
  sequence += 1;
  step = GOOD;
});
afterEach(() => {
  server.seen.length = 0;
});

const client = () => `client-${sequence}`;
const today = () => dayOf(now);
const read = () => service.spending.read(client(), today());

function withBudget(budget: Budget): AnalyzeDeps {
  const gemini = createGemini({
    baseUrl: server.url,
    models: ['gemini-3.8-flash'],
    readKey: async () => 'key',
    sleep: async () => undefined,
  });
  const limits = MEDIA_LIMITS;
  const once = { dropClientId: 'dropper', limits };
  return { ...service, ...once, gemini, budget, now: () => now };
}

async function upload(changes: Partial<AnalysisRecord> = {}): Promise<string> {
  const id = createAnalysisId(Date.now());
  const source = { key: uploadKey(id), filename: 'rocket.jpg' };
  const record = newAnalysis({ id, clientId: client(), source, analyzer, now: Date.now() });
  await service.analyses.create({ ...record, ...changes });
  const different = Buffer.concat([photo, Buffer.from(id)]); // no two are the same bytes
  await service.uploads.put(uploadKey(id), different, 'image/jpeg');
  return id;
}

function deliver(deps: AnalyzeDeps, id: string): Promise<Outcome> {
  const eventTime = new Date(now).toISOString();
  const key = uploadKey(id);
  const object = { bucket: service.uploadBucket, key, size: 1, sequencer: '01', eventTime };
  const deadline = Date.now() + 20_000;
  const signal = AbortSignal.timeout(20_000);
  return analyzeObject(deps, object, { signal, deadline, changeVisibility: async () => undefined });
}

/** As the queue does it: what has to come again comes again. */
async function deliverUntilEnded(deps: AnalyzeDeps, id: string): Promise<Outcome> {
  for (;;) {
    const outcome = await deliver(deps, id);
    if (outcome.kind !== 'later') return outcome;
    await sleep(20);
  }
}

async function inParallel(times: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

async function stored(id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}

describe('given no budget', () => {
  test('when a picture is analysed, then one write counts it', async () => {
    const deps = withBudget({});
    expect(await deliver(deps, await upload())).toMatchObject({ status: 'succeeded' });
    const month = await read();
    expect(month.days[today()]).toMatchObject({
      succeeded: 1,
      failed: 0,
      calls: 1,
      inputTokens: 1_200,
      outputTokens: 150,
      costMicroUsd: COST,
      chargedMicroUsd: COST,
      admitted: 1,
      unpriced: 0,
    });
    expect(month.month).toEqual({ chargedMicroUsd: COST, admitted: 1 });
    expect(month.reservations).toEqual({});
  });

  test('when a file is rejected, then it is counted, and costs nothing', async () => {
    const deps = withBudget({});
    const id = await upload();
    await service.uploads.put(uploadKey(id), Buffer.from('no picture'), 'image/jpeg');
    expect(await deliver(deps, id)).toMatchObject({ status: 'rejected' });
    const { days, month } = await read();
    expect(days[today()]).toMatchObject({ rejected: 1, calls: 0, chargedMicroUsd: 0 });
    expect(month.admitted).toBe(0);
  });
});

describe('given a budget in analyses', () => {
  test(`when ${UPLOADS} pictures come at once against ${ADMITTED}, then the model is asked ${ADMITTED} times`, async () => {
    const deps = withBudget({ dayAnalyses: ADMITTED });
    const ids: string[] = [];
    await inParallel(UPLOADS, async () => void ids.push(await upload()));
    await inParallel(
      UPLOADS,
      async (index) => void (await deliverUntilEnded(deps, ids[index] ?? '')),
    );
    expect(server.seen).toHaveLength(ADMITTED);
    const records = await Promise.all(ids.map(stored));
    const succeeded = records.filter(({ status }) => status === 'succeeded');
    const refused = records.filter(({ error }) => error?.code === 'budget_exhausted');
    expect([succeeded.length, refused.length]).toEqual([ADMITTED, UPLOADS - ADMITTED]);
    const { days, reservations } = await read();
    expect(days[today()]).toMatchObject({ admitted: ADMITTED, succeeded: ADMITTED });
    expect(days[today()]?.chargedMicroUsd).toBe(ADMITTED * COST);
    expect(reservations).toEqual({});
  }, 300_000);

  test('when it is used up, then the next one fails at once, and says when it is reset', async () => {
    const deps = withBudget({ dayAnalyses: 1 });
    await deliver(deps, await upload());
    const id = await upload();
    expect(await deliver(deps, id)).toMatchObject({ status: 'failed', code: 'budget_exhausted' });
    const { error, attempts } = await stored(id);
    expect(attempts).toBe(1);
    expect(error).toEqual({
      code: 'budget_exhausted',
      message: 'The budget of this day is used up; it is reset at 2026-11-23T00:00:00.000Z.',
      retryable: true,
      resetsAt: '2026-11-23T00:00:00.000Z',
    });
    expect(server.seen).toHaveLength(1);
  });

  test('when the day is over, then there is a new one; the month goes on', async () => {
    const deps = withBudget({ dayAnalyses: 1, monthAnalyses: 2 });
    const before = now;
    await deliver(deps, await upload());
    now += 86_400_000;
    expect(await deliver(deps, await upload())).toMatchObject({ status: 'succeeded' });
    now += 86_400_000;
    const id = await upload();
    expect(await deliver(deps, id)).toMatchObject({ status: 'failed' });
    expect((await stored(id)).error?.resetsAt).toBe('2026-12-01T00:00:00.000Z');
    now = before;
  });

  test('when the model is down, then nothing of it is used', async () => {
    step = DOWN;
    const deps = withBudget({ dayAnalyses: 1, dayUsd: 1 });
    const id = await upload();
    expect(await deliver(deps, id)).toMatchObject({ kind: 'later', reason: 'model_unavailable' });
    const { month, reservations } = await read();
    expect([month, reservations]).toEqual([{ chargedMicroUsd: 0, admitted: 0 }, {}]);
    step = GOOD;
    expect(await deliver(deps, id)).toMatchObject({ status: 'succeeded' });
  });

  test('when the model was paid for an answer that could not be used, then its place is used up', async () => {
    step = say('no JSON');
    const deps = withBudget({ dayAnalyses: 1 });
    const outcome = await deliver(deps, await upload());
    expect(outcome).toMatchObject({ status: 'failed', code: 'model_output_invalid' });
    const { month } = await read();
    expect(month).toEqual({ chargedMicroUsd: Math.ceil(2 * EXACT), admitted: 1 });
  });
});

describe('given the most that one analysis may cost', () => {
  test.each([
    ['by the upload', {}, 0.01],
    ['by the budget', { analysisUsd: 0.01 }, undefined],
    ['by the budget, and more by the upload', { analysisUsd: 0.01 }, 1],
  ])('%s, when it may cost more, then the model is not asked', async (_, budget, maxUsd) => {
    const id = await upload({ maxUsd });
    expect(await deliver(withBudget(budget), id)).toMatchObject({ status: 'failed' });
    expect((await stored(id)).error).toMatchObject({
      code: 'request_invalid',
      message: expect.stringContaining('at most 0.01 USD are allowed'),
    });
    expect(server.seen).toHaveLength(0);
    expect((await read()).month.chargedMicroUsd).toBe(0);
  });

  test('when it cannot cost more, then it is asked', async () => {
    const outcome = await deliver(withBudget({ analysisUsd: 1 }), await upload({ maxUsd: 0.06 }));
    expect(outcome).toMatchObject({ status: 'succeeded' });
  });
});

describe('given a budget in money', () => {
  test('when what is left does not bear the dearest answer, then the model is not asked', async () => {
    const deps = withBudget({ dayUsd: 0.01 });
    const id = await upload();
    expect(await deliver(deps, id)).toMatchObject({ status: 'failed', code: 'budget_exhausted' });
    expect(server.seen).toHaveLength(0);
    expect((await read()).month.chargedMicroUsd).toBe(0);
  });

  test('when it bears one at a time, then the others wait for what is given back', async () => {
    let finish = (): void => undefined;
    step = (response, seen) => {
      finish = () => GOOD(response, seen);
    };
    const deps = withBudget({ monthUsd: 0.06 }); // 8,192 tokens out are 0.031 USD at most
    const [first, second] = [await upload(), await upload()];
    const under = deliver(deps, first);
    await expect.poll(() => server.seen.length, PATIENCE).toBe(1);
    const waits = await deliver(deps, second);
    expect(waits).toMatchObject({ kind: 'later', reason: 'budget_exhausted' });
    expect(await stored(second)).toMatchObject({ status: 'queued' });
    step = GOOD;
    finish();
    expect(await under).toMatchObject({ status: 'succeeded' });
    expect(await deliver(deps, second)).toMatchObject({ status: 'succeeded' });
    expect((await read()).month.chargedMicroUsd).toBe(2 * COST);
  });

  test('when an answer was cut short and a larger one does not fit in, then it is not asked for', async () => {
    step = say('', { finishReason: 'MAX_TOKENS' });
    const deps = withBudget({ dayUsd: 0.06 });
    const outcome = await deliver(deps, await upload());
    expect(outcome).toMatchObject({ status: 'failed', code: 'budget_exhausted' });
    expect(server.seen).toHaveLength(1);
    const { month, reservations } = await read();
    expect(month.chargedMicroUsd).toBe(COST);
    expect(reservations).toEqual({});
  });

  test('when the price of the model is not known, then the dearest one counts', async () => {
    step = say(JSON.stringify(DESCRIBE_ANSWER), {}, { modelVersion: 'unlisted' });
    const deps = withBudget({ dayUsd: 1 });
    const id = await upload();
    await deliver(deps, id);
    expect((await stored(id)).usage?.costUsd).toBeUndefined();
    const sums = (await read()).days[today()];
    expect(sums).toMatchObject({ costMicroUsd: 0, unpriced: 1 });
    expect(sums?.chargedMicroUsd).toBe(Math.ceil(chargeUsd('unlisted', TOKENS) * 1e6));
  });

  test.each([
    ['nothing', { usageMetadata: null }],
    ['a total alone', { usageMetadata: { totalTokenCount: 1_350 } }],
  ])('when answers say %s of what they cost, then it ends all the same', async (_, answer) => {
    step = say(JSON.stringify(DESCRIBE_ANSWER), {}, answer);
    const deps = withBudget({ dayUsd: 0.08 });
    let outcome: Outcome | undefined;
    let uploads = 0;
    for (; uploads < 40 && (!outcome || 'status' in outcome); uploads += 1) {
      const id = await upload();
      outcome = await deliver(deps, id);
      const { usage, error } = await stored(id);
      if (error?.code === 'budget_exhausted') break;
      expect(usage).toMatchObject({ estimated: true, costUsd: expect.any(Number) });
      expect(usage?.costUsd).toBeGreaterThan(0);
    }
    expect(outcome).toMatchObject({ status: 'failed', code: 'budget_exhausted' });
    expect(server.seen).toHaveLength(uploads);
    const { month, days } = await read();
    expect(month.chargedMicroUsd).toBeGreaterThan(0);
    expect(month.chargedMicroUsd).toBeLessThanOrEqual(80_000);
    expect(days[today()]?.costMicroUsd).toBeGreaterThan(0);
  });

  test('when there is none, then what nobody told of is in the receipt as it was bounded', async () => {
    step = say(JSON.stringify(DESCRIBE_ANSWER), {}, { usageMetadata: null });
    const id = await upload();
    await deliver(withBudget({}), id);
    const { usage } = await stored(id);
    expect(usage).toMatchObject({ estimated: true, outputTokens: 8_192, calls: 1 });
    expect((await read()).month.chargedMicroUsd).toBe(Math.ceil((usage?.costUsd ?? 0) * 1e6));
  });

  test("when the client has a budget of its own, then that holds before the stage's", async () => {
    const Key = { pk: `client#${client()}` };
    const set = { UpdateExpression: 'SET budget = :budget' };
    const ExpressionAttributeValues = { ':budget': { dayAnalyses: 0 } };
    const TableName = service.tableName;
    await service.table.update({ TableName, Key, ...set, ExpressionAttributeValues });
    const outcome = await deliver(withBudget({ dayAnalyses: 5 }), await upload());
    expect(outcome).toMatchObject({ status: 'failed', code: 'budget_exhausted' });
  });
});

describe('given a worker that died with something set aside', () => {
  /** A worker that gets as far as the model, and never comes back. */
  async function die(deps: AnalyzeDeps, id: string) {
    step = () => undefined;
    const before = server.seen.length;
    deliver(deps, id).catch(() => undefined);
    await expect.poll(() => server.seen.length, PATIENCE).toBe(before + 1);
    const { version } = await stored(id);
    await service.analyses.change(id, { leaseUntil: 0 }, { version });
    step = GOOD;
  }

  test('when the analysis is taken over, then it counts once, and the money that it may have spent counts', async () => {
    const deps = withBudget({ dayAnalyses: 1, dayUsd: 1 });
    const id = await upload();
    await die(deps, id);
    const before = await read();
    expect(Object.keys(before.reservations)).toEqual([id]);
    const held = before.month.chargedMicroUsd;
    expect(await deliver(deps, id)).toMatchObject({ status: 'succeeded' });
    const { days, month, reservations } = await read();
    expect(days[today()]).toMatchObject({ succeeded: 1, unconfirmedMicroUsd: held });
    expect(month).toEqual({ chargedMicroUsd: held + COST, admitted: 1 });
    expect(reservations).toEqual({});
  });

  test('when a slow one sets aside after it was taken over, then it is not let near the model', async () => {
    const deps = withBudget({ dayAnalyses: 5 });
    const id = await upload();
    const until = Date.now() + 3_600_000;
    const newer = { token: 'newer', day: today(), chargedMicroUsd: 9, admitted: 1, until };
    await service.spending.reserve(client(), id, newer, { day: {}, month: {} });
    await deliver(deps, id);
    expect(server.seen).toHaveLength(0);
    expect((await read()).reservations[id]).toEqual(newer);
  });
});
