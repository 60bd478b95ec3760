import type { Context, S3Event, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { analysisIdFor, type UploadedObject } from '../analysis/ids.ts';
import { type MessageContext, type Outcome, retryDelaySeconds } from '../analysis/outcome.ts';
import { ServiceError, toServiceError } from '../errors.ts';
import { beginInvocation, logger } from '../log.ts';
import { withDeadline } from '../retry.ts';

const record = z.object({
  eventName: z.string(),
  eventTime: z.iso.datetime(),
  s3: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.pipe(z.pipe(z.string(), z.transform(decodeKey)), z.string()),
      size: z._default(z.number(), 0),
      sequencer: z._default(z.string(), ''),
      eTag: z.optional(
        z.pipe(
          z.string(),
          z.transform((bare) => `"${bare}"`),
        ),
      ),
    }),
  }),
});
const notification = z.object({ Records: z.array(record) });
/** S3 sends this when a notification is set up; it has no `Records`. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });

/** Keys in events are form-encoded: a space is `+`, everything else is percent-encoded. */
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined; // a lone `%`: no key of S3's
  }
}

/**
 * The objects that an S3 notification tells of; none for S3's test event and for removals.
 * @throws ServiceError `request_invalid` for anything else
 */
export function parseS3Event(event: unknown): UploadedObject[] {
  if (testEvent.safeParse(event).success) return [];
  const parsed = notification.safeParse(event);
  if (!parsed.success)
    throw new ServiceError('request_invalid', 'Not an S3 event.', { cause: parsed.error });
  return parsed.data.Records.filter(({ eventName }) => eventName.startsWith('ObjectCreated:')).map(
    ({ eventTime, s3 }) => ({ bucket: s3.bucket.name, ...s3.object, eventTime }),
  );
}

/**
 * The same, of a queue's message with the notification in its body.
 * @throws ServiceError `request_invalid`
 */
function parseS3Message(body: string): UploadedObject[] {
  return parseS3Event(parseJson(body));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('request_invalid', 'Not an S3 event: no JSON.');
  }
}

/** Kept back from the function's time for the last write, in milliseconds. */
const RESERVE_MS = 5_000;
/** Kept back from it for the function's own answer, in milliseconds. */
const LAST_MS = 1_000;
/** The longest that a message nobody could handle is hidden, in seconds. */
const MAX_FAILURE_DELAY_SECONDS = 60;
/** Until an end is told of again that could not be, in seconds. */
const UNNOTIFIED_DELAY_SECONDS = 10;

interface Handling {
  handle(object: UploadedObject, delivery: MessageContext): Promise<Outcome>;
  /** Hides a message for so many seconds; left out, the queue's own visibility time-out holds. */
  changeVisibility?(receiptHandle: string, seconds: number): Promise<void>;
  /** The action for a message without an object: `return` it until the queue gives it up, or `drop` it. */
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
    const changeVisibility = (seconds: number) =>
      changeVisibilityQuietly(handling, message, seconds);
    const seconds = await handleMessage(message, handling, deliveryFor(context, changeVisibility));
    if (seconds === undefined) continue;
    batchItemFailures.push({ itemIdentifier: message.messageId });
    await changeVisibility(seconds);
  }
  return { batchItemFailures };
}

/** A message that could not be hidden comes back by the queue's own time-out: a delay, no failure. */
async function changeVisibilityQuietly(
  handling: Handling,
  message: SQSRecord,
  seconds: number,
): Promise<void> {
  try {
    await handling.changeVisibility?.(message.receiptHandle, seconds);
  } catch (error) {
    const cause = error instanceof Error ? error.name : undefined;
    logger.warn('message not hidden', { messageId: message.messageId, cause });
  }
}

/** The seconds after which the message has to come again; undefined where it is done with. */
async function handleMessage(
  message: SQSRecord,
  { handle, unreadable }: Handling,
  delivery: MessageContext,
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
  delivery: MessageContext,
): Promise<number | undefined> {
  if (objects.length === 0) logger.info('ignored', { reason: 'no_object_in_event' });
  const delays: number[] = [];
  for (const object of objects) {
    const { kind, ...outcome } = await handle(object, delivery);
    const analysisId = analysisIdFor(object); // not its key, which holds what a client calls it
    logger.info(kind, { ...outcome, analysisId });
    if ('seconds' in outcome) delays.push(outcome.seconds);
    if ('isUnnotified' in outcome) delays.push(UNNOTIFIED_DELAY_SECONDS);
  }
  return delays.length > 0 ? Math.min(...delays) : undefined;
}

function deliveryFor(
  context: Context,
  changeVisibility: MessageContext['changeVisibility'],
): MessageContext {
  const leftMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
  return { signal: AbortSignal.timeout(leftMs), deadline: Date.now() + leftMs, changeVisibility };
}
