import { createServer } from 'node:http';
import type { Context } from 'aws-lambda';
import { listen } from 'laptop-cloud/listen';
import { createQueueEvent } from 'laptop-cloud/queue-event';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectQueues } from '../../lib/aws/connections.ts';
import { createQueue } from '../../lib/aws/queue.ts';
import { MAX_CALLS_PER_ASK } from '../../lib/gemini/limits.ts';
import { reportUsage } from '../../lib/requests/usage.ts';
import { deliverMessages } from '../../lib/webhooks/deliver.ts';
import { createWebhookCaller } from '../../lib/webhooks/webhook-target.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { startBill } from '../support/bill.ts';
import { createClock, createFaultRunner, type Run } from '../support/fault-run.ts';
import { type Plan, startFaultyAws } from '../support/faulty-aws.ts';
import { listAll } from '../support/list-objects.ts';
import { ENDS, MODEL_FAULTS } from '../support/model-faults.ts';
import { type Service, startService } from '../support/service.ts';
import { findLeftovers } from '../support/snapshot.ts';

// Uploads with 1 % of AWS' answers and 30 % of the model's lost or broken, by the very message handling of the
// service; only the time between the tries is skipped. More or fewer: SOAK_UPLOADS.

const UPLOADS = Number(process.env.SOAK_UPLOADS ?? 2_000);
const AWS_RATE = 0.01;
const MODEL_RATE = 0.3;
const WORKERS = 8;
const MAX_TRIES = 5;
const CLIENT_ID = 'client'; // fault-run.ts'
const BUDGET = { dayUsd: 1_000 };
const CALL_TIMEOUT_MS = 10_000;
const PROGRESS = 100; // uploads

let lost = 0;
/** Half of them after the call was applied, half before. */
const lose: Plan = ({ nth }) => {
  if (nth > 1 || Math.random() >= AWS_RATE) return undefined;
  lost += 1;
  return Math.random() < 0.5 ? 'applied' : 'lost';
};

let service: Service;
let gemini: Gemini;
let billed: Awaited<ReturnType<typeof startBill>>;
let receiver: Awaited<ReturnType<typeof listen>>;
let aws: Awaited<ReturnType<typeof startFaultyAws>>;
const runs: Run[] = [];
const told: string[] = [];
const lines: string[] = [];
const clock = createClock();

beforeAll(async () => {
  vi.stubEnv('LOG_LEVEL', 'INFO');
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  gemini = await startGemini({ apiKey: 'stand-in-key' });
  gemini.script({ rate: MODEL_RATE, faults: MODEL_FAULTS });
  billed = await startBill(gemini.url);
  receiver = await listen(
    createServer((request, response) => {
      told.push(String(request.headers['webhook-id']));
      response.end();
    }),
    0,
  );
  service = await startService(
    { webhookReach: 'local' },
    undefined,
    undefined,
    async (endpoint) => {
      aws = await startFaultyAws(endpoint, lose);
      return aws.url;
    },
  );
  service = { ...service, budget: BUDGET };
  const url = `${receiver.url}/told`;
  const createdAt = new Date().toISOString();
  await service.webhooks.change(CLIENT_ID, () => [{ id: 'wh_soak', url, createdAt }]);
  const options = {
    baseUrl: billed.url,
    callTimeoutMs: CALL_TIMEOUT_MS,
    sharesPauses: true,
    clock,
  };
  const instances = [createFaultRunner(service, options), createFaultRunner(service, options)];
  let left = UPLOADS;
  const workers = Array.from({ length: WORKERS }, async (_, index) => {
    while (left > 0) {
      left -= 1;
      const run = await instances[index % instances.length]?.run();
      if (run) runs.push(run);
      if (runs.length % PROGRESS === 0) console.error(`${runs.length} uploads, ${lost} calls lost`);
    }
  });
  await Promise.all(workers);
  await deliverAll();
}, 3_000_000);
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await service?.stop();
  await billed?.close();
  await gemini?.close();
  aws?.close();
  receiver?.cut();
});

/** Everything in the webhooks' queue, by the function's own code. */
async function deliverAll(): Promise<void> {
  const queue = service.played.queues.find((one) => one.functionName === 'deliver-webhook');
  if (!queue) throw new Error('serverless.yml declares no queue of webhooks');
  const name = queue.queueArn.slice(queue.queueArn.lastIndexOf(':') + 1);
  const { queues } = service.cloud;
  const deps = {
    ...service,
    call: createWebhookCaller({ reach: 'local' as const }),
    readSecret: async () => 'the secret of this stage',
    changeVisibility: createQueue(connectQueues(), service.played.refOf('WebhookQueue'))
      .changeVisibility,
    now: clock.now,
  };
  const context = { awsRequestId: 'soak', getRemainingTimeInMillis: () => 30_000 } as Context;
  for (;;) {
    const messages = await queues.receive(name, { max: 10, waitSeconds: 0 });
    if (messages.length === 0) return;
    const event = createQueueEvent(messages, queue.queueArn, 'us-east-1');
    const { batchItemFailures } = await deliverMessages(deps, event as never, context);
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { messageId, receiptHandle } of messages)
      if (failed.has(messageId)) queues.changeVisibility(name, receiptHandle, 0);
      else queues.delete(name, receiptHandle);
  }
}

describe(`given ${UPLOADS} uploads, ${AWS_RATE * 100} % of AWS' answers lost and ${MODEL_RATE * 100} % of the model's broken`, () => {
  test('every one ends, in a documented way, and most of them well', () => {
    const ends = runs.map(({ record }) => record.error?.code ?? record.status);
    const counts = Object.fromEntries(
      [...new Set(ends)].map((end) => [end, ends.filter((each) => each === end).length]),
    );
    console.error({ lost, ...counts });
    expect(runs).toHaveLength(UPLOADS);
    expect(ENDS).toEqual(expect.arrayContaining(Object.keys(counts)));
    expect(counts.succeeded).toBeGreaterThan(0.85 * UPLOADS);
  });

  test('none is counted as a death, and none is asked about more often than the policy says', () => {
    for (const { record } of runs) {
      expect(record.deaths ?? 0).toBe(0);
      expect(record.attempts).toBeLessThanOrEqual(MAX_TRIES);
      expect(record.usage?.calls ?? 0).toBeLessThanOrEqual(MAX_TRIES * MAX_CALLS_PER_ASK);
    }
  });

  test('each is measured once, and told of once', () => {
    const metrics = lines.filter((line) => line.includes('"AnalysisEnded":1'));
    expect(metrics).toHaveLength(UPLOADS);
    const wanted = runs.map(({ record }) => record.id.replace(/^an_/, 'evt_'));
    expect(told.toSorted()).toEqual(wanted.toSorted());
  });

  test('the sums are what was billed, and nothing is left over', async () => {
    const report = await reportUsage({ ...service, now: Date.now }, CLIENT_ID, {
      from: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
      to: new Date(clock.now()).toISOString().slice(0, 10),
    });
    const { calls, inputTokens, outputTokens, costUsd, unconfirmedUsd } = report.total;
    const { bill } = billed;
    console.error({ bill, total: report.total });
    expect({ calls, inputTokens, outputTokens }).toEqual({
      calls: bill.calls,
      inputTokens: bill.inputTokens,
      outputTokens: bill.outputTokens,
    });
    // Each analysis' cost is rounded to a millionth of a dollar.
    expect(Math.abs(costUsd - bill.usd)).toBeLessThan(UPLOADS * 1e-6);
    expect(unconfirmedUsd).toBe(0);
    const { succeeded, failed, rejected } = report.total.analyses;
    expect(succeeded + failed + rejected).toBe(UPLOADS);
    const resultBucket = service.played.refOf('ResultBucket');
    const listObjects = () => listAll(service.s3, resultBucket);
    expect(await findLeftovers({ ...service, resultBucket, listObjects })).toEqual([]);
  });
});
