import type { DatabaseSync } from 'node:sqlite';

export interface QueueOptions {
  name: string;
  visibilityTimeoutSeconds?: number;
  messageRetentionSeconds?: number;
  delaySeconds?: number;
  receiveWaitSeconds?: number;
  redrive?: { deadLetterQueueName: string; maxReceiveCount: number };
}

export interface QueueInfo {
  name: string;
  arn: string;
  url: string;
  visibilityTimeoutSeconds: number;
  messageRetentionSeconds: number;
  delaySeconds: number;
  receiveWaitSeconds: number;
  maximumMessageBytes: number;
  redrive?: { deadLetterQueueName: string; maxReceiveCount: number };
}

/** As in the API; `BinaryValue` in base64. */
export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface OutgoingMessage {
  body: string;
  delaySeconds?: number;
  attributes?: Record<string, MessageAttribute>;
}

export interface ReceivedMessage {
  messageId: string;
  receiptHandle: string;
  body: string;
  md5: string;
  /** SenderId, SentTimestamp, ApproximateReceiveCount, ApproximateFirstReceiveTimestamp, DeadLetterQueueSourceArn; times in ms. */
  attributes: Record<string, string>;
  messageAttributes: Record<string, MessageAttribute>;
  md5OfMessageAttributes?: string;
}

export interface ReceiveOptions {
  max: number;
  waitSeconds: number;
  visibilityTimeoutSeconds?: number;
  signal?: AbortSignal;
}

/** The queue core: synchronous on the shared database, so that a send joins its caller's transaction. Throws `AwsError`. */
export interface Queues {
  /** Creates the queue or gives the one of that name these attributes (defaults for those not named). A dead-letter queue must exist before its sources. */
  ensureQueue(options: QueueOptions): QueueInfo;
  find(name: string): QueueInfo | undefined;
  list(): QueueInfo[];
  send(name: string, message: OutgoingMessage): { messageId: string; md5: string };
  /** Long-polls up to `waitSeconds`; empty when the time is up or `signal` aborts. */
  receive(name: string, options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** A handle that a later receive has replaced deletes nothing, quietly. */
  delete(name: string, receiptHandle: string): void;
  changeVisibility(name: string, receiptHandle: string, seconds: number): void;
  /** At start: what a dead run had received is visible at once, and that receive is not counted. Returns how many. */
  recoverInFlight(): number;
  /** Ends all long polls, empty; the database may be closed afterwards. */
  close(): void;
}

export interface QueuesOptions {
  endpoint: () => string;
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export function createQueues(_database: DatabaseSync, _options: QueuesOptions): Queues {
  throw new Error('not built yet');
}
