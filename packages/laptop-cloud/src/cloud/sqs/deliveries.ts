import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { awsError } from '../aws-service.ts';
import { inTransaction } from '../database.ts';
import { invalidParameter } from './errors.ts';
import type { LongPolls } from './long-polls.ts';
import {
  checkOutgoingMessage,
  checkRange,
  digestBody,
  type OutgoingMessage,
  type ReceivedMessage,
  type ReceiveOptions,
} from './message.ts';
import type { MessageStore, StoredMessage } from './message-store.ts';
import {
  MAX_MESSAGES_PER_RECEIVE,
  MAX_VISIBILITY_SECONDS,
  MAX_WAIT_SECONDS,
  type QueueInfo,
} from './queue.ts';
import type { QueueRegistry } from './queue-registry.ts';

/** Shared by the queues of one endpoint. */
interface QueueContext {
  database: DatabaseSync;
  messages: MessageStore;
  registry: QueueRegistry;
  longPolls: LongPolls;
  now: () => number;
  senderId: string;
}

/** Sending, receiving and deleting messages, and changing their visibility. */
export function createDeliveries(context: QueueContext) {
  return {
    send: (name: string, message: OutgoingMessage) => send(context, name, message),
    receive: (name: string, options: ReceiveOptions) => receive(context, name, options),
    delete(name: string, receiptHandle: string): void {
      const message = findReceived(context, name, receiptHandle);
      if (message) context.messages.remove(message.sequence);
    },
    keepInFlight(name: string, receiptHandle: string): void {
      const message = findReceived(context, name, receiptHandle);
      if (message) context.messages.keepInFlight(message.sequence);
    },
    changeVisibility: (name: string, receiptHandle: string, seconds: number) =>
      changeVisibility(context, name, receiptHandle, seconds),
    redrive(name: string, destination?: string): number {
      const { messages, registry, longPolls, now } = context;
      registry.require(name);
      if (destination !== undefined) registry.require(destination);
      const moved = messages.redrive({
        queue: name,
        destination: destination ?? null,
        now: now(),
      });
      for (const queue of new Set(moved)) longPolls.wake(queue);
      return moved.length;
    },
  };
}

function send(
  { messages, registry, longPolls, now }: QueueContext,
  name: string,
  message: OutgoingMessage,
) {
  const queue = registry.require(name);
  checkOutgoingMessage(message, queue.maximumMessageBytes);
  const messageId = randomUUID();
  const sentAt = now();
  messages.insert({
    queue: name,
    messageId,
    body: message.body,
    attributes: JSON.stringify(message.attributes ?? {}),
    sentAt,
    tenant: message.tenant ?? null,
    visibleAt: sentAt + (message.delaySeconds ?? queue.delaySeconds) * 1000,
  });
  longPolls.wake(name);
  return { messageId, md5: digestBody(message.body) };
}

/** The message, if the receipt handle is that of its last receive. */
function findReceived(
  { messages, registry }: QueueContext,
  name: string,
  receiptHandle: string,
): StoredMessage | undefined {
  registry.require(name);
  const { sequence, receipt } = parseReceiptHandle(name, receiptHandle);
  const message = messages.find(sequence);
  return message?.queue === name && message.receipt === receipt ? message : undefined;
}

function changeVisibility(
  context: QueueContext,
  name: string,
  receiptHandle: string,
  seconds: number,
): void {
  checkRange('VisibilityTimeout', seconds, 0, MAX_VISIBILITY_SECONDS);
  const message = findReceived(context, name, receiptHandle);
  if (!message) {
    throw invalidParameter(
      'ReceiptHandle',
      receiptHandle,
      'Message does not exist or is not available for visibility timeout change.',
    );
  }
  const now = context.now();
  if (message.receivedAt === null || message.visibleAt <= now) {
    throw awsError('MessageNotInflight', 'The specified message is not in flight.');
  }
  if (now + seconds * 1000 > message.receivedAt + MAX_VISIBILITY_SECONDS * 1000) {
    throw invalidParameter(
      'VisibilityTimeout',
      seconds,
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
    );
  }
  // A visibility timeout of 0 ends the flight: a restart must not undo the receive.
  const receivedAt = seconds === 0 ? null : message.receivedAt;
  context.messages.setVisibility(message.sequence, now + seconds * 1000, receivedAt);
  context.longPolls.wake(name);
}

const attributesSchema = z.record(
  z.string(),
  z.object({
    DataType: z.string(),
    StringValue: z.string().exactOptional(),
    BinaryValue: z.string().exactOptional(),
  }),
);

/** Long polling: visible messages at once, else the first that become visible before the wait ends. */
async function receive(
  context: QueueContext,
  name: string,
  options: ReceiveOptions,
): Promise<ReceivedMessage[]> {
  const { max, waitSeconds, visibilityTimeoutSeconds, signal } = options;
  checkRange('MaxNumberOfMessages', max, 1, MAX_MESSAGES_PER_RECEIVE);
  checkRange('WaitTimeSeconds', waitSeconds, 0, MAX_WAIT_SECONDS);
  checkRange('VisibilityTimeout', visibilityTimeoutSeconds ?? 0, 0, MAX_VISIBILITY_SECONDS);
  context.registry.require(name);
  if (signal?.aborted) return [];
  const attempt = () => receiveVisible(context, name, max, visibilityTimeoutSeconds);
  const found = attempt();
  if (found.length > 0 || waitSeconds === 0) return found;
  return context.longPolls.wait(name, { milliseconds: waitSeconds * 1000, signal, attempt });
}

function receiveVisible(
  context: QueueContext,
  name: string,
  max: number,
  visibilitySeconds: number | undefined,
): ReceivedMessage[] {
  const { database, messages, registry, longPolls } = context;
  const queue = registry.require(name);
  const now = context.now();
  // An empty receive, the most frequent call of all, takes no write lock.
  if (messages.listVisible(name, now, 1).length === 0) return [];
  const visibleAt = now + (visibilitySeconds ?? queue.visibilityTimeoutSeconds) * 1000;
  const taken = inTransaction(database, () => {
    messages.expire(name, now - queue.messageRetentionSeconds * 1000);
    moveExhausted(context, queue, max, now);
    return messages
      .listVisible(name, now, max)
      .map(({ sequence }) => messages.take({ sequence, receipt: createReceipt(), visibleAt, now }));
  });
  longPolls.wake(name); // the timer of other polls has to include these visibility timeouts
  return taken.map((message) => toReceived(context, message));
}

/** As in SQS, a message moves to the dead-letter queue at the receive that would exceed `maxReceiveCount`. */
function moveExhausted(context: QueueContext, queue: QueueInfo, max: number, now: number): void {
  const { redrive } = queue;
  if (!redrive || !context.registry.find(redrive.deadLetterQueueName)) return;
  const target = redrive.deadLetterQueueName;
  const listExhausted = () =>
    context.messages
      .listVisible(queue.name, now, max)
      .filter(({ receivedHere }) => receivedHere >= redrive.maxReceiveCount);
  for (let found = listExhausted(); found.length > 0; found = listExhausted()) {
    for (const { sequence } of found) {
      context.messages.moveToDeadLetterQueue({ sequence, queue: target, source: queue.name, now });
    }
    context.longPolls.wake(target);
  }
}

function toReceived(context: QueueContext, message: StoredMessage): ReceivedMessage {
  const attributes: Record<string, string> = {
    SenderId: context.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  if (message.tenant !== null) attributes.MessageGroupId = message.tenant;
  if (message.deadLetterSource !== null) {
    attributes.DeadLetterQueueSourceArn = context.registry.arnOf(message.deadLetterSource);
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

const HANDLE = /^(?<queue>[A-Za-z0-9_-]{1,80})\/(?<sequence>\d{1,15})\/(?<receipt>[0-9a-f-]{36})$/;

interface Receipt {
  sequence: number;
  receipt: string;
}

function createReceipt(): string {
  return randomUUID();
}

function formatReceiptHandle(queue: string, { sequence, receipt }: Receipt): string {
  return Buffer.from(`${queue}/${sequence}/${receipt}`).toString('base64url');
}

/** Throws `ReceiptHandleIsInvalid` for a handle that no receive from this queue can have returned. */
function parseReceiptHandle(queue: string, handle: string): Receipt {
  const groups = HANDLE.exec(Buffer.from(handle, 'base64url').toString())?.groups;
  if (!groups?.receipt || groups.queue !== queue) {
    throw awsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
  }
  return { sequence: Number(groups.sequence), receipt: groups.receipt };
}
