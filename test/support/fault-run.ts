import type { Context, SQSEvent } from 'aws-lambda';
import sharp from 'sharp';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import { MAX_HIDE_SECONDS } from '../../lib/aws/queue.ts';
import { createBreaker, createModelPauses } from '../../lib/gemini/breaker.ts';
import { createGemini, type GeminiOptions } from '../../lib/gemini/client.ts';
import { sendByHttp, type Transport } from '../../lib/gemini/transport.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { handleEvent } from '../../lib/work/queue-messages.ts';
import { MEDIA_LIMITS } from './limits.ts';
import type { Service } from './service.ts';

/** `maxReceiveCount` in infra/queues.yml: then the message is found in the dead-letter queue. */
const MAX_RECEIVES = 58;

/**
 * A call that was answered or broke off, with the delay that the answer asked for; or a wait. In seconds,
 * but for when a call began and ended: by the clock, in milliseconds.
 */
export type Step =
  | {
      kind: 'call';
      model: string;
      status: number | 'broken';
      asksFor?: number;
      began: number;
      ended: number;
    }
  | { kind: 'queued' | 'slept'; seconds: number };

export interface Run {
  record: AnalysisRecord;
  /** In order. */
  steps: Step[];
}

interface FaultRunner {
  /** One upload, from its message to its end. */
  run(): Promise<Run>;
}

interface RunnerOptions extends Partial<GeminiOptions> {
  baseUrl: string;
  /** Whether instances tell each other which models to leave alone, over the service's table. */
  sharesPauses?: boolean;
  /** One for all instances that share something. */
  clock?: Clock;
}

interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  skip(seconds: number): void;
}

/** Runs as clocks do, and can be put forward. */
export function createClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => Date.now() + skippedMs,
    skip: (seconds) => {
      skippedMs += seconds * 1_000;
    },
  };
}

/**
 * Uploads against a model at `baseUrl`, by the very message handling, use case, table and bucket of the
 * service; only the time between and within the tries is skipped instead of waited. One runner is one
 * instance of the function: what its breaker has learnt stays.
 */
export function createFaultRunner(
  service: Service,
  { sharesPauses = false, clock = createClock(), ...options }: RunnerOptions,
): FaultRunner {
  const { now } = clock;
  const store = createModelPauses(service.table, service.tableName);
  const breaker = createBreaker({ now, ...(sharesPauses && { store }) });
  const run = async (): Promise<Run> => {
    const steps: Step[] = [];
    const skip = (kind: 'queued' | 'slept', seconds: number) => {
      clock.skip(seconds);
      steps.push({ kind, seconds });
    };
    const sleep = async (ms: number) => skip('slept', ms / 1_000);
    const transport = noteCalls(steps, now);
    const gemini = createGemini({ ...STAGE_OF_GEMINI, breaker, sleep, transport, ...options });
    const deps = { ...service, gemini, now, ...STAGE } satisfies AnalyzeDeps;
    const { id, event } = await announce(service);
    for (let receives = 1; receives <= MAX_RECEIVES; receives += 1) {
      const hiddenSeconds = await receive(deps, event);
      if (hiddenSeconds === undefined) return { record: await readRecord(service, id), steps };
      skip('queued', hiddenSeconds);
    }
    throw new Error(`${id} was received ${MAX_RECEIVES} times and has not ended`);
  };
  return { run };
}

/** The seconds for which the message is hidden from then on; undefined where it is done with. */
async function receive(deps: AnalyzeDeps, event: SQSEvent): Promise<number | undefined> {
  let hidden = 0;
  const answer = await handleEvent(event, CONTEXT, {
    handle: (object, delivery) => analyzeObject(deps, object, delivery),
    changeVisibility: async (_, seconds) => {
      hidden = Math.min(MAX_HIDE_SECONDS, Math.ceil(seconds));
    },
    unreadable: 'return',
  });
  return answer?.batchItemFailures.length === 0 ? undefined : hidden;
}

function noteCalls(steps: Step[], now: () => number): Transport {
  return async (outgoing) => {
    const began = now();
    const model = modelIn(outgoing.url);
    const step: Step = { kind: 'call', model, status: 'broken', began, ended: began };
    steps.push(step);
    const answer = await sendByHttp(outgoing);
    step.status = answer.status;
    const asked = answer.status === 200 ? undefined : delayIn(answer.body);
    step.ended = now();
    if (asked !== undefined) step.asksFor = asked;
    return answer;
  };
}

function modelIn(url: string): string {
  return /models\/(.*):/.exec(url)?.[1] ?? '';
}

function delayIn(body: string): number | undefined {
  const seconds = /"retryDelay":"([\d.]+)s"/.exec(body)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

const STAGE_OF_GEMINI = {
  models: ['gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-3.1-flash-lite'],
  readKey: async () => 'stand-in-key',
};
const STAGE = { dropClientId: 'dropper', limits: MEDIA_LIMITS };
const CONTEXT = {
  functionName: 'process-upload',
  awsRequestId: 'test',
  getRemainingTimeInMillis: () => 120_000,
} as Context;

/** No two alike. */
let pictures = 0;
async function drawPicture(): Promise<Buffer> {
  pictures += 1;
  const [r, g, b] = [pictures % 256, (pictures >> 8) % 256, 99];
  const create = { width: 24, height: 16, channels: 3, background: { r, g, b } } as const;
  return sharp({ create }).png().toBuffer();
}

/** An announced upload that is in the bucket, and S3's message of it. */
async function announce(service: Service): Promise<{ id: string; event: SQSEvent }> {
  const now = Date.now();
  const id = createAnalysisId(now);
  const key = uploadKey(id);
  const bytes = await drawPicture();
  const source = { key, filename: 'a.png' };
  const analyzer = { name: 'describe', version: 1 };
  await service.analyses.create(newAnalysis({ id, clientId: 'client', source, analyzer, now }));
  await service.uploads.put(key, bytes, 'image/png');
  const object = { key, size: bytes.length, sequencer: '00AB' };
  const s3 = { bucket: { name: service.uploadBucket }, object };
  const eventTime = new Date(now).toISOString();
  const body = JSON.stringify({
    Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Post', eventTime, s3 }],
  });
  const attributes = { ApproximateReceiveCount: '1' };
  const message = { messageId: id, receiptHandle: id, body, attributes, eventSource: 'aws:sqs' };
  return { id, event: { Records: [message] } as unknown as SQSEvent };
}

async function readRecord(service: Service, id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}
