import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { withDeadline } from '../deadline.ts';
import { beginInvocation, logger } from '../log.ts';
import { type DeliverDeps, deliverEvent } from './deliver.ts';
import { webhookMessage } from './webhook-message.ts';

/** The longest that a message nobody could handle is hidden, in seconds. */
const MAX_FAILURE_DELAY_SECONDS = 60;

export interface DeliverMessagesDeps extends DeliverDeps {
  hide(receiptHandle: string, seconds: number): Promise<void>;
}

/** Handles messages of the webhooks' queue, and names those that have to come again. */
export async function deliverMessages(
  deps: DeliverMessagesDeps,
  { Records }: SQSEvent,
  context: Context,
): Promise<SQSBatchResponse> {
  beginInvocation(context);
  const deadline = Date.now() + context.getRemainingTimeInMillis();
  return withDeadline(deadline, () => deliverRecords(deps, Records));
}

async function deliverRecords(
  deps: DeliverMessagesDeps,
  Records: SQSRecord[],
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of Records) {
    const seconds = await deliverRecord(deps, record);
    if (seconds === undefined) continue;
    batchItemFailures.push({ itemIdentifier: record.messageId });
    await deps.hide(record.receiptHandle, seconds).catch(reportShown);
  }
  return { batchItemFailures };
}

/** The seconds after which the message has to come again; undefined where it is done with. */
async function deliverRecord(deps: DeliverDeps, record: SQSRecord): Promise<number | undefined> {
  const receives = Number(record.attributes.ApproximateReceiveCount);
  try {
    const message = webhookMessage.parse(JSON.parse(record.body));
    return await deliverEvent(deps, message, receives);
  } catch (error) {
    const cause = error instanceof Error ? error.stack : undefined;
    logger.error('webhook not handled', { messageId: record.messageId, receives, cause });
    return MAX_FAILURE_DELAY_SECONDS;
  }
}

/** It comes back by the queue's own time-out: a delay, no failure. */
function reportShown(error: unknown): void {
  logger.warn('message not hidden', { cause: error instanceof Error ? error.name : undefined });
}
