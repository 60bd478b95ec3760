import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** What SQS allows at most, in seconds (12 hours). */
const MAX_VISIBILITY_SECONDS = 43_200;

export type Queue = ReturnType<typeof createQueue>;

export function createQueue(sqs: SQSClient, queueUrl: string) {
  return {
    /** Hides a message in flight for `seconds` from now. */
    async hide(receiptHandle: string, seconds: number): Promise<void> {
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(Math.max(0, Math.ceil(seconds)), MAX_VISIBILITY_SECONDS),
        }),
      );
    },
  };
}
