import { randomUUID } from 'node:crypto';
import { awsError } from '../service.ts';
import { invalidParameter } from './errors.ts';
import { MAX_VISIBILITY_SECONDS } from './limits.ts';
import type { OutgoingMessage, ReceiveOptions } from './message.ts';
import type { StoredMessage } from './message-store.ts';
import { checkOutgoingMessage, checkRange, digestBody } from './outgoing-message.ts';
import type { Parts } from './parts.ts';
import { parseReceiptHandle } from './receipt-handle.ts';
import { receive } from './receiving.ts';

/** A message's way through a queue: sent, received, let go or deleted. */
export function createDeliveries(parts: Parts) {
  return {
    send: (name: string, message: OutgoingMessage) => send(parts, name, message),
    receive: (name: string, options: ReceiveOptions) => receive(parts, name, options),
    delete(name: string, receiptHandle: string): void {
      const message = findReceived(parts, name, receiptHandle);
      if (message) parts.messages.remove(message.sequence);
    },
    letGo(name: string, receiptHandle: string): void {
      const message = findReceived(parts, name, receiptHandle);
      if (message) parts.messages.letGo(message.sequence);
    },
    changeVisibility: (name: string, receiptHandle: string, seconds: number) =>
      changeVisibility(parts, name, receiptHandle, seconds),
    redrive(name: string, destination?: string): number {
      const { messages, registry, waiters, now } = parts;
      registry.require(name);
      if (destination !== undefined) registry.require(destination);
      const moved = messages.redrive({
        queue: name,
        destination: destination ?? null,
        now: now(),
      });
      for (const queue of new Set(moved)) waiters.wake(queue);
      return moved.length;
    },
  };
}

function send({ messages, registry, waiters, now }: Parts, name: string, message: OutgoingMessage) {
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
  waiters.wake(name);
  return { messageId, md5: digestBody(message.body) };
}

/** The message, if the handle is the one of its last receive. */
function findReceived(
  { messages, registry }: Parts,
  name: string,
  receiptHandle: string,
): StoredMessage | undefined {
  registry.require(name);
  const { sequence, receipt } = parseReceiptHandle(name, receiptHandle);
  const message = messages.find(sequence);
  return message?.queue === name && message.receipt === receipt ? message : undefined;
}

function changeVisibility(
  parts: Parts,
  name: string,
  receiptHandle: string,
  seconds: number,
): void {
  checkRange('VisibilityTimeout', seconds, 0, MAX_VISIBILITY_SECONDS);
  const message = findReceived(parts, name, receiptHandle);
  if (!message) {
    throw invalidParameter(
      'ReceiptHandle',
      receiptHandle,
      'Message does not exist or is not available for visibility timeout change.',
    );
  }
  const now = parts.now();
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
  // Let go of by 0 it is not in flight any more: a restart has no receive of it to take back.
  const receivedAt = seconds === 0 ? null : message.receivedAt;
  parts.messages.setVisibility(message.sequence, now + seconds * 1000, receivedAt);
  parts.waiters.wake(name);
}
