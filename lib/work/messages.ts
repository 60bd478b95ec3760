import type { Context, S3Event, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { analysisIdFor, type UploadedObject } from '../analysis-id.ts';
import { withDeadline } from '../deadline.ts';
import { toServiceError } from '../errors.ts';
import { beginInvocation, logger } from '../log.ts';
import { type Delivery, type Outcome, retryDelaySeconds } from '../outcome.ts';
import { parseS3Event, parseS3Message } from './s3-event.ts';

/** Kept back from the function's time for the last write, in milliseconds. */
const RESERVE_MS = 5_000;
/** Kept back from it for the function's own answer, in milliseconds. */
const LAST_MS = 1_000;
/** The longest that a message nobody could handle is hidden, in seconds. */
const MAX_FAILURE_DELAY_SECONDS = 60;
/** Until an end is told of again that could not be, in seconds. */
const UNTOLD_DELAY_SECONDS = 10;

export interface Handling {
  handle(object: UploadedObject, delivery: Delivery): Promise<Outcome>;
  /** Hides a message for so many seconds; left out, the queue's own visibility time-out holds. */
  hide?(receiptHandle: string, seconds: number): Promise<void>;
  /** What to do with a message that tells of no object: back to the queue, which gives it up in the end, or away. */
  unreadable: 'return' | 'drop';
}

/**
 * Handles SQS messages with S3 events inside, one after the other, and names those that have to come
 * again; or a plain S3 event, and throws where it has to come again.
 */
export async function handleEvent(
  event: SQSEvent | S3Event,
  context: Context,
  handling: Handling,
): Promise<SQSBatchResponse | undefined> {
  beginInvocation(context);
  const leftMs = context.getRemainingTimeInMillis() - LAST_MS;
  return withDeadline(Date.now() + leftMs, () => handleRecords(event, context, handling));
}

async function handleRecords(
  event: SQSEvent | S3Event,
  context: Context,
  handling: Handling,
): Promise<SQSBatchResponse | undefined> {
  const messages = event.Records?.filter((record) => 'receiptHandle' in record) ?? [];
  if (messages.length > 0) return handleBatch(messages, context, handling);
  const delivery = deliveryFor(context, async () => undefined);
  const seconds = await handleObjects(parseS3Event(event), handling.handle, delivery);
  if (seconds !== undefined) throw new Error('The event has to come again');
  return undefined;
}

async function handleBatch(
  messages: SQSRecord[],
  context: Context,
  handling: Handling,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const message of messages) {
    const hide = (seconds: number) => hideQuietly(handling, message, seconds);
    const seconds = await handleMessage(message, handling, deliveryFor(context, hide));
    if (seconds === undefined) continue;
    batchItemFailures.push({ itemIdentifier: message.messageId });
    await hide(seconds);
  }
  return { batchItemFailures };
}

/** A message that could not be hidden comes back by the queue's own time-out: a delay, no failure. */
async function hideQuietly(handling: Handling, message: SQSRecord, seconds: number): Promise<void> {
  try {
    await handling.hide?.(message.receiptHandle, seconds);
  } catch (error) {
    const cause = error instanceof Error ? error.name : undefined;
    logger.warn('message not hidden', { messageId: message.messageId, cause });
  }
}

/** The seconds after which the message has to come again; undefined where it is done with. */
async function handleMessage(
  message: SQSRecord,
  { handle, unreadable }: Handling,
  delivery: Delivery,
): Promise<number | undefined> {
  try {
    return await handleObjects(parseS3Message(message.body), handle, delivery);
  } catch (thrown) {
    const error = toServiceError(thrown);
    const receives = Number(message.attributes.ApproximateReceiveCount);
    const cause = error.cause instanceof Error ? error.cause.stack : error.message;
    logger.error('message not handled', { messageId: message.messageId, receives, cause });
    if (!error.policy.retryable) return unreadable === 'drop' ? undefined : 0;
    return Math.min(retryDelaySeconds(receives), MAX_FAILURE_DELAY_SECONDS);
  }
}

async function handleObjects(
  objects: UploadedObject[],
  handle: Handling['handle'],
  delivery: Delivery,
): Promise<number | undefined> {
  if (objects.length === 0) logger.info('ignored', { reason: 'no_object_in_event' });
  const delays: number[] = [];
  for (const object of objects) {
    const { kind, ...outcome } = await handle(object, delivery);
    const analysisId = analysisIdFor(object); // not its key, which holds what a client calls it
    logger.info(kind, { ...outcome, analysisId });
    if ('seconds' in outcome) delays.push(outcome.seconds);
    if ('isUntold' in outcome) delays.push(UNTOLD_DELAY_SECONDS);
  }
  return delays.length > 0 ? Math.min(...delays) : undefined;
}

function deliveryFor(context: Context, hide: Delivery['hide']): Delivery {
  const leftMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
  return { signal: AbortSignal.timeout(leftMs), deadline: Date.now() + leftMs, hide };
}
