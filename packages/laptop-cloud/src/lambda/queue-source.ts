import { z } from 'zod';
import type { MessageAttribute, ReceivedMessage } from '../cloud/sqs/message.ts';
import type { Queues } from '../cloud/sqs/queues.ts';
import { pause } from '../pause.ts';
import type { QueueSource } from '../template/deploy.ts';
import type { Host } from './host.ts';
import type { InvocationResult } from './protocol.ts';

const POLL_SECONDS = 20;
const DEFAULT_CONCURRENCY = 5;
const RETRY_MS = 1_000;

interface EventSourceOptions {
  source: QueueSource;
  queues: Queues;
  host: Pick<Host, 'invoke'>;
  region: string;
  /** Receives the error of a poll that failed. */
  onError: (error: unknown) => void;
}

export interface EventSource {
  /** Stops polling at once; resolves when the last batch has ended, so end the host meanwhile. */
  close(): Promise<void>;
}

/** Lambda's poller for one queue: passes batches to the function and deletes the messages that it has processed. */
export function startEventSource(options: EventSourceOptions): EventSource {
  const { source, queues } = options;
  const queueName = source.queueArn.slice(source.queueArn.lastIndexOf(':') + 1);
  const limit = source.maximumConcurrency ?? DEFAULT_CONCURRENCY;
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  const polling = poll();

  async function poll(): Promise<void> {
    while (!stop.signal.aborted) {
      if (running.size >= limit) {
        await Promise.race(running);
        continue;
      }
      const batch = await receiveBatch();
      if (batch.length === 0) continue;
      const work = runBatch(batch).catch(options.onError);
      running.add(work);
      void work.then(() => running.delete(work));
    }
  }

  async function receiveBatch(): Promise<ReceivedMessage[]> {
    const batch = await receive(source.batchSize, POLL_SECONDS);
    const until = Date.now() + source.maximumBatchingWindow * 1000;
    while (batch.length > 0 && batch.length < source.batchSize && Date.now() < until) {
      const secondsLeft = Math.ceil((until - Date.now()) / 1000);
      const more = await receive(source.batchSize - batch.length, secondsLeft);
      if (more.length === 0) break;
      batch.push(...more);
    }
    return batch;
  }

  async function receive(max: number, seconds: number): Promise<ReceivedMessage[]> {
    const waitSeconds = Math.min(seconds, POLL_SECONDS);
    try {
      return await queues.receive(queueName, { max, waitSeconds, signal: stop.signal });
    } catch (error) {
      options.onError(error);
      await pause(RETRY_MS, stop.signal);
      return [];
    }
  }

  async function runBatch(batch: ReceivedMessage[]): Promise<void> {
    const event = createQueueEvent(batch, source.queueArn, options.region);
    const result = await options.host.invoke(source.functionName, JSON.stringify(event));
    if (!result.ok && result.reason === 'stopped') {
      for (const message of batch) queues.changeVisibility(queueName, message.receiptHandle, 0);
      return;
    }
    const done = listDone(batch, result, source);
    for (const message of batch) {
      // A failed message stays hidden until its visibility timeout ends, also over a restart: the function has
      // returned it. The messages of a function that died are visible again right after a restart.
      if (done.includes(message)) queues.delete(queueName, message.receiptHandle);
      else if (result.ok) queues.keepInFlight(queueName, message.receiptHandle);
    }
  }

  return {
    async close() {
      stop.abort();
      await polling;
      await Promise.all(running);
    },
  };
}

const reportSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * The processed messages. A report that is malformed, or names a message that is not in the batch, fails the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function listDone(
  batch: ReceivedMessage[],
  result: InvocationResult,
  source: QueueSource,
): ReceivedMessage[] {
  if (!result.ok) return [];
  if (!source.functionResponseType) return batch;
  const report = reportSchema.nullable().safeParse(JSON.parse(result.payload));
  if (!report.success) return [];
  const failed = new Set(report.data?.batchItemFailures?.map((each) => each.itemIdentifier));
  const done = batch.filter((message) => !failed.has(message.messageId));
  return done.length + failed.size === batch.length ? done : [];
}

/** The event by which Lambda passes messages of a queue to a function. */
export function createQueueEvent(messages: ReceivedMessage[], queueArn: string, region: string) {
  return {
    Records: messages.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: message.attributes,
      messageAttributes: Object.fromEntries(
        Object.entries(message.messageAttributes).map(([name, value]) => [name, toCamel(value)]),
      ),
      md5OfBody: message.md5,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
}

/** The event's spelling of an attribute's fields differs from the API's. */
function toCamel(attribute: MessageAttribute) {
  return {
    stringValue: attribute.StringValue,
    binaryValue: attribute.BinaryValue,
    stringListValues: [],
    binaryListValues: [],
    dataType: attribute.DataType,
  };
}
