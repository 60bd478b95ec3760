import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ErrorCode } from '../../lib/errors.ts';
import { type Fault, type Gemini, startGemini } from '../../local/gemini/server.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { createFaultRunner, type Run } from '../support/fault-run.ts';
import { USAGE } from '../support/gemini-server.ts';
import { type Service, startService } from '../support/service.ts';

// Every fault goes through the whole service: a message of S3's, a real server that misbehaves, the record.
// docs/gemini.md tells the policy in words.

interface Row {
  /** What the model does, one entry a call; after them it answers well. */
  faults?: Fault[];
  /** What it does for ever. */
  always?: Fault;
  /** `succeeded`, or the code that the analysis ends with. */
  ends: 'succeeded' | ErrorCode;
  calls: number;
  /** Waits in the queue and asleep, in seconds, where the model asked for them. */
  waits?: number[];
  /** Of one call, where it hangs; in milliseconds. */
  timeoutMs?: number;
}

const status = (code: number, more: object = {}): Fault => ({
  kind: 'status',
  status: code,
  ...more,
});
const daily = status(429, { quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' });
const badKey = status(400, { reason: 'API_KEY_INVALID' });
const finish = (finishReason: string): Fault => ({ kind: 'finish', finishReason });
const blocked = (blockReason: string): Fault => ({ kind: 'blocked', blockReason });

const raw = (candidate: object | null, more: object = {}): Fault => ({
  kind: 'raw',
  body: { candidates: candidate && [candidate], usageMetadata: USAGE, ...more },
});
const spoken = { content: { parts: [{ text: JSON.stringify(DESCRIBE_ANSWER) }] } };

const MATRIX: Record<string, Row> = {
  // Our side is at fault: asked once.
  'a bad key (400)': { always: badKey, ends: 'model_auth_failed', calls: 1 },
  'no key (401)': { always: status(401), ends: 'model_auth_failed', calls: 1 },
  'a key without the right (403)': { always: status(403), ends: 'model_auth_failed', calls: 1 },
  'a schema that it does not take (400)': {
    always: status(400),
    ends: 'model_request_refused',
    calls: 1,
  },
  'too large a request (413)': { always: status(413), ends: 'model_request_refused', calls: 1 },
  'a redirect': {
    always: { kind: 'redirect', location: 'http://127.0.0.1:9/' },
    ends: 'model_request_refused',
    calls: 1,
  },

  // The model is gone, or its day's quota: the next one.
  'a model that is gone (404)': { faults: [status(404)], ends: 'succeeded', calls: 2 },
  'no model that is there (404)': { always: status(404), ends: 'model_unavailable', calls: 15 },
  "a day's quota used up (429)": { faults: [daily], ends: 'succeeded', calls: 2 },
  "every model's quota of the day used up (429)": {
    always: daily,
    ends: 'model_rate_limited',
    calls: 15,
  },

  // Too fast: as long as it asks for.
  'a 429 for 1 s': {
    faults: [status(429, { retryDelaySeconds: 1 })],
    ends: 'succeeded',
    calls: 2,
    waits: [1],
  },
  'a 429 for 53 s': {
    faults: [status(429, { retryDelaySeconds: 53 })],
    ends: 'succeeded',
    calls: 2,
    waits: [53],
  },
  'a 429 for 1.5 s, and another': {
    faults: [status(429, { retryDelaySeconds: 1.5 }), status(429, { retryDelaySeconds: 2.5 })],
    ends: 'succeeded',
    calls: 3,
    waits: [1.5, 3],
  },
  'a 429 without a delay': { faults: [status(429)], ends: 'succeeded', calls: 2 },
  'a 429 without end': { always: status(429), ends: 'model_rate_limited', calls: 10 },
  'a 429 for 53 s without end': {
    always: status(429, { retryDelaySeconds: 53 }),
    ends: 'model_rate_limited',
    calls: 5,
    waits: [53, 53, 53, 53],
  },

  // Trouble on its side: the same model once more, then the others, then later.
  'a 408': { faults: [status(408)], ends: 'succeeded', calls: 2 },
  'a 500': { faults: [status(500)], ends: 'succeeded', calls: 2 },
  'a 502 with a page of HTML': { faults: [{ kind: 'html' }], ends: 'succeeded', calls: 2 },
  'a 503': { faults: [status(503)], ends: 'succeeded', calls: 2 },
  'a 503 that asks for 53 s': {
    faults: [status(503, { retryDelaySeconds: 53 })],
    ends: 'succeeded',
    calls: 2,
  },
  'a 504': { faults: [status(504)], ends: 'succeeded', calls: 2 },
  'three 503': { faults: [status(503), status(503), status(503)], ends: 'succeeded', calls: 4 },
  'five 503': { faults: Array.from({ length: 5 }, () => status(503)), ends: 'succeeded', calls: 6 },
  '503 without end': { always: status(503), ends: 'model_unavailable', calls: 16 },
  'a reset before the headers': { faults: [{ kind: 'reset' }], ends: 'succeeded', calls: 2 },
  'a reset after the headers': {
    faults: [{ kind: 'reset', when: 'after-headers' }],
    ends: 'succeeded',
    calls: 2,
  },
  'resets without end': { always: { kind: 'reset' }, ends: 'model_unavailable', calls: 16 },
  'half a body': { faults: [{ kind: 'half-body' }], ends: 'succeeded', calls: 2 },
  'a 200 with a page of HTML': {
    faults: [{ kind: 'html', status: 200 }],
    ends: 'succeeded',
    calls: 2,
  },

  // Given up on: another model, not the same again.
  'a hang': { faults: [{ kind: 'hang' }], ends: 'succeeded', calls: 2, timeoutMs: 1_000 },
  'a hang without end': {
    always: { kind: 'hang' },
    ends: 'model_unavailable',
    calls: 15,
    timeoutMs: 100,
  },
  'an answer in drips': {
    faults: [{ kind: 'drip' }],
    ends: 'succeeded',
    calls: 2,
    timeoutMs: 1_000,
  },
  'an answer of 8 MB': { faults: [{ kind: 'huge' }], ends: 'succeeded', calls: 2 },

  // The content is refused: that is the answer.
  'a blocked prompt': { always: blocked('SAFETY'), ends: 'content_blocked', calls: 1 },
  'a prohibited prompt': {
    always: blocked('PROHIBITED_CONTENT'),
    ends: 'content_blocked',
    calls: 1,
  },
  SAFETY: { always: finish('SAFETY'), ends: 'content_blocked', calls: 1 },
  RECITATION: { always: finish('RECITATION'), ends: 'content_blocked', calls: 1 },
  SPII: { always: finish('SPII'), ends: 'content_blocked', calls: 1 },

  // An answer that cannot be used: never the same again.
  'all tokens thought away': { faults: [finish('MAX_TOKENS')], ends: 'succeeded', calls: 2 },
  'all tokens thought away, always': {
    always: finish('MAX_TOKENS'),
    ends: 'model_output_invalid',
    calls: 2,
  },
  'an answer cut by MAX_TOKENS': { faults: [{ kind: 'cut' }], ends: 'succeeded', calls: 2 },
  'an answer cut by MAX_TOKENS, always': {
    always: { kind: 'cut' },
    ends: 'model_output_invalid',
    calls: 2,
  },
  'broken JSON': { faults: [{ kind: 'broken-json' }], ends: 'succeeded', calls: 2 },
  'broken JSON, also after a repair': {
    faults: [{ kind: 'broken-json' }, { kind: 'broken-json' }],
    ends: 'succeeded',
    calls: 3,
  },
  'broken JSON, always': {
    always: { kind: 'broken-json' },
    ends: 'model_output_invalid',
    calls: 3,
  },
  'another shape': { faults: [{ kind: 'wrong-schema' }], ends: 'succeeded', calls: 2 },
  'another shape, always': {
    always: { kind: 'wrong-schema' },
    ends: 'model_output_invalid',
    calls: 3,
  },
  'thoughts alone': { faults: [{ kind: 'thinking-only' }], ends: 'succeeded', calls: 2 },
  'thoughts alone, always': {
    always: { kind: 'thinking-only' },
    ends: 'model_output_invalid',
    calls: 3,
  },
  'no candidates': { faults: [{ kind: 'no-candidates' }], ends: 'succeeded', calls: 2 },
  'no candidates, always': {
    always: { kind: 'no-candidates' },
    ends: 'model_output_invalid',
    calls: 3,
  },
  'an end for another reason': { faults: [finish('OTHER')], ends: 'succeeded', calls: 2 },
  'broken JSON, and then no other model': {
    faults: [{ kind: 'broken-json' }, { kind: 'broken-json' }, status(503), status(503)],
    ends: 'model_output_invalid',
    calls: 4,
  },

  'candidates null, always': { always: raw(null), ends: 'model_output_invalid', calls: 3 },
  'JSON of something else, always': {
    always: { kind: 'raw', body: { choices: [] } },
    ends: 'model_output_invalid',
    calls: 3,
  },
  'content null beside SAFETY': {
    always: raw({ content: null, finishReason: 'SAFETY' }),
    ends: 'content_blocked',
    calls: 1,
  },

  // Odd, and whole: it is paid for and used.
  'null wherever something may be missing': {
    always: raw({ ...spoken, finishReason: null }, { promptFeedback: null, modelVersion: null }),
    ends: 'succeeded',
    calls: 1,
  },
  'an unspecified reason to block': {
    always: raw(spoken, { promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } }),
    ends: 'succeeded',
    calls: 1,
  },
  'an answer in a list in a wrapper': {
    always: { kind: 'raw', body: { response: [{ candidates: [spoken] }] } },
    ends: 'succeeded',
    calls: 1,
  },
  'keys that nobody asked for': { always: { kind: 'extra-keys' }, ends: 'succeeded', calls: 1 },
  'an answer that says it is a text': { always: { kind: 'typed' }, ends: 'succeeded', calls: 1 },
};

let service: Service;
let gemini: Gemini;
beforeAll(async () => {
  gemini = await startGemini({ apiKey: 'stand-in-key' });
  service = await startService();
});
afterAll(async () => {
  await service.stop();
  await gemini.close();
});
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999); // the longest delay of those that chance may choose
  return () => vi.restoreAllMocks();
});

async function runUnder({ faults = [], always, timeoutMs }: Partial<Row>): Promise<Run> {
  gemini.script(always ? () => always : faults);
  const timeout = timeoutMs === undefined ? {} : { callTimeoutMs: timeoutMs };
  return createFaultRunner(service, { baseUrl: gemini.url, ...timeout }).run();
}

describe('a model that gives', () => {
  test.each(Object.entries(MATRIX))('%s', async (_, row) => {
    const { record, steps } = await runUnder(row);
    const calls = steps.filter(({ kind }) => kind === 'call');
    expect({ ends: record.error?.code ?? record.status, calls: calls.length }).toEqual({
      ends: row.ends,
      calls: row.calls,
    });
    expect(record.status).toMatch(/^(succeeded|failed|rejected)$/);
    expect(record.usage).toMatchObject({ calls: row.calls });
    if (row.waits)
      expect(steps.flatMap((step) => ('seconds' in step ? step.seconds : []))).toEqual(row.waits);
    for (const gone of ['stage', 'leaseToken', 'leaseUntil'])
      expect(record).not.toHaveProperty(gone);
  });

  test('nothing, for nobody is there', async () => {
    const nobody = { baseUrl: 'http://127.0.0.1:9' };
    const { record } = await createFaultRunner(service, nobody).run();
    expect(record).toMatchObject({
      status: 'failed',
      error: { code: 'model_unavailable' },
      usage: { calls: 16, totalTokens: 0 },
    });
  });
});

describe('another instance', () => {
  const runOn = (sharesPauses: boolean) => {
    const runner = createFaultRunner(service, { baseUrl: gemini.url, sharesPauses });
    return runner.run();
  };

  test('does not ask, once it has trouble itself, what the first was told to leave alone', async () => {
    const [one, other, last] = [
      'gemini-3.8-flash',
      'gemini-3.5-flash-lite',
      'gemini-3.1-flash-lite',
    ];
    const modelsOf = ({ steps }: Run) =>
      steps.flatMap((step) => ('model' in step ? step.model : []));
    gemini.script([status(404), status(503, { retryDelaySeconds: 40 })]);
    expect(modelsOf(await runOn(true))).toEqual([one, other, last]);
    gemini.script([status(404)]);
    expect(modelsOf(await runOn(true))).toEqual([one, last]);
    gemini.script([status(404)]);
    expect(modelsOf(await runOn(false))).toEqual([one, other]);
  });
});

test('a try in which all models are left alone waits for the first of them, and does not count', async () => {
  const { record, steps } = await runUnder({ faults: [status(404), status(404), status(404)] });
  expect(steps.map(({ kind }) => kind)).toEqual([
    'call',
    'call',
    'call',
    'queued',
    'queued',
    'call',
  ]);
  expect(record).toMatchObject({
    status: 'succeeded',
    attempts: 2,
    usage: { attempts: 2, calls: 4 },
  });
});

test('there are faults enough', () => {
  expect(Object.keys(MATRIX).length).toBeGreaterThanOrEqual(25);
});

describe('what a fault leaves in the record:', () => {
  test('keys that nobody asked for are not in the result', async () => {
    const { record } = await runUnder({ always: { kind: 'extra-keys' } });
    expect(record.result).not.toHaveProperty('unexpected_key');
  });

  test('a repair and the answer that it mended are both paid for', async () => {
    const { record } = await runUnder({ faults: [{ kind: 'wrong-schema' }] });
    const { record: plain } = await runUnder({});
    expect(record.usage?.inputTokens).toBeGreaterThan(2 * (plain.usage?.inputTokens ?? 0));
  });

  test('tries that came to nothing are paid for, and counted', async () => {
    const { record } = await runUnder({ always: { kind: 'no-candidates' } });
    const { record: plain } = await runUnder({});
    expect(record).toMatchObject({ status: 'failed', usage: { attempts: 1, calls: 3 } });
    expect(record.usage?.inputTokens).toBeGreaterThanOrEqual(3 * (plain.usage?.inputTokens ?? 0));
  });

  test('an answer that does not say what it cost is as dear as it could be', async () => {
    const { record } = await runUnder({ always: { kind: 'raw', body: { candidates: [spoken] } } });
    expect(record).toMatchObject({ status: 'succeeded', usage: { estimated: true, calls: 1 } });
    expect(record.usage?.costUsd).toBeGreaterThan(0.02);
  });

  test('the reason for which the content was refused', async () => {
    const { record } = await runUnder({ always: finish('RECITATION') });
    expect(record).toMatchObject({
      status: 'rejected',
      error: { message: expect.stringContaining('RECITATION') },
    });
  });

  test('the model that answered, by its own word', async () => {
    const modelVersion = 'gemini-3.5-flash-lite';
    const { record } = await runUnder({
      faults: [status(503), status(503), { kind: 'answer', answer: DESCRIBE_ANSWER, modelVersion }],
    });
    expect(record).toMatchObject({ status: 'succeeded', model: modelVersion });
    expect(record.usage?.costUsd).toBeGreaterThan(0);
  });
});
