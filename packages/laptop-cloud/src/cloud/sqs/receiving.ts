import { z } from 'zod';
import { inTransaction } from '../database.ts';
import { MAX_MESSAGES_PER_RECEIVE, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from './limits.ts';
import type { ReceivedMessage, ReceiveOptions } from './message.ts';
import type { StoredMessage } from './message-store.ts';
import { checkRange, digestBody } from './outgoing-message.ts';
import type { Parts } from './parts.ts';
import type { QueueInfo } from './queue.ts';
import { createReceipt, formatReceiptHandle } from './receipt-handle.ts';

const attributesSchema = z.record(
  z.string(),
  z.object({
    DataType: z.string(),
    StringValue: z.string().exactOptional(),
    BinaryValue: z.string().exactOptional(),
  }),
);

/** Real long polling: what is there at once, else whatever comes into sight until the wait ends. */
export async function receive(
  parts: Parts,
  name: string,
  options: ReceiveOptions,
): Promise<ReceivedMessage[]> {
  const { max, waitSeconds, visibilityTimeoutSeconds, signal } = options;
  checkRange('MaxNumberOfMessages', max, 1, MAX_MESSAGES_PER_RECEIVE);
  checkRange('WaitTimeSeconds', waitSeconds, 0, MAX_WAIT_SECONDS);
  checkRange('VisibilityTimeout', visibilityTimeoutSeconds ?? 0, 0, MAX_VISIBILITY_SECONDS);
  parts.registry.require(name);
  if (signal?.aborted) return [];
  const attempt = () => takeVisible(parts, name, max, visibilityTimeoutSeconds);
  const found = attempt();
  if (found.length > 0 || waitSeconds === 0) return found;
  return parts.waiters.wait(name, { milliseconds: waitSeconds * 1000, signal, attempt });
}

function takeVisible(
  parts: Parts,
  name: string,
  max: number,
  visibilitySeconds: number | undefined,
): ReceivedMessage[] {
  const { database, messages, registry, waiters } = parts;
  const queue = registry.require(name);
  const now = parts.now();
  // An empty poll, the most frequent call of all, takes no write lock.
  if (messages.listVisible(name, now, 1).length === 0) return [];
  const visibleAt = now + (visibilitySeconds ?? queue.visibilityTimeoutSeconds) * 1000;
  const taken = inTransaction(database, () => {
    messages.expire(name, now - queue.messageRetentionSeconds * 1000);
    buryExhausted(parts, queue, max, now);
    return messages
      .listVisible(name, now, max)
      .map(({ sequence }) => messages.take({ sequence, receipt: createReceipt(), visibleAt, now }));
  });
  waiters.wake(name); // the others who wait now have these time-outs to look out for
  return taken.map((message) => toReceived(parts, message));
}

/** As SQS: at the receive that would exceed `maxReceiveCount` the message moves instead. */
function buryExhausted(parts: Parts, queue: QueueInfo, max: number, now: number): void {
  const { redrive } = queue;
  if (!redrive || !parts.registry.find(redrive.deadLetterQueueName)) return;
  const target = redrive.deadLetterQueueName;
  const listExhausted = () =>
    parts.messages
      .listVisible(queue.name, now, max)
      .filter(({ receivedHere }) => receivedHere >= redrive.maxReceiveCount);
  for (let found = listExhausted(); found.length > 0; found = listExhausted()) {
    for (const { sequence } of found) {
      parts.messages.bury({ sequence, queue: target, source: queue.name, now });
    }
    parts.waiters.wake(target);
  }
}

function toReceived(parts: Parts, message: StoredMessage): ReceivedMessage {
  const attributes: Record<string, string> = {
    SenderId: parts.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  if (message.tenant !== null) attributes.MessageGroupId = message.tenant;
  if (message.deadLetterSource !== null) {
    attributes.DeadLetterQueueSourceArn = parts.registry.arnOf(message.deadLetterSource);
  }
  return {
    messageId: message.messageId,
    receiptHandle: formatReceiptHandle(message.queue, {
      sequence: message.sequence,
      receipt: message.receipt ?? '',
    }),
    body: message.body,
    md5: digestBody(message.body),
    attributes,
    messageAttributes: attributesSchema.parse(JSON.parse(message.attributes)),
  };
}
