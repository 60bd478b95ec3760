import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { CallAws } from './wire/client.ts';

/** SQS allows 12 hours from the receive, and refuses more: the longest delay, in seconds, leaves room for the work before it. */
export const MAX_HIDE_SECONDS = 43_200 - 900;

export type Queue = ReturnType<typeof createQueue>;

export function createQueue(call: CallAws, QueueUrl: string) {
  return {
    /** Hides a message in flight for `seconds` from now. */
    async changeVisibility(receiptHandle: string, seconds: number): Promise<void> {
      await call('ChangeMessageVisibility', {
        QueueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.min(Math.max(0, Math.ceil(seconds)), MAX_HIDE_SECONDS),
      });
    },
  };
}

const sent = z.object({ Failed: z._default(z.array(z.object({ Code: z.string() })), []) });

export type Sender = ReturnType<typeof createSender>;

export function createSender(call: CallAws, QueueUrl: string) {
  return {
    /**
     * Up to ten messages of one client, all or an error: a part that the queue did not take is no success.
     * SQS keeps one client's many, or slow, from holding up the others' (a fair queue).
     */
    async send(clientId: string, bodies: readonly string[]): Promise<void> {
      const MessageGroupId = nameTenant(clientId);
      const Entries = bodies.map((MessageBody, index) => ({
        Id: String(index),
        MessageBody,
        MessageGroupId,
      }));
      const { Failed } = sent.parse(await call('SendMessageBatch', { QueueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`The queue took not all of it: ${Failed[0]?.Code}`);
    },
  };
}

/** An id may hold characters that SQS does not take here. */
function nameTenant(clientId: string): string {
  return createHash('sha256').update(clientId).digest('base64url');
}
