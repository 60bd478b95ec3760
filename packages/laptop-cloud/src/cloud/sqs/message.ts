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
  /** MessageGroupId: in a standard queue, whose it is. No tenant's messages hold up the others'. */
  tenant?: string;
}

export interface SentMessage {
  messageId: string;
  md5: string;
}

export interface ReceivedMessage {
  messageId: string;
  receiptHandle: string;
  body: string;
  md5: string;
  /** SenderId, SentTimestamp, ApproximateReceiveCount, ApproximateFirstReceiveTimestamp, of a tenant's MessageGroupId and, in a dead-letter queue, DeadLetterQueueSourceArn; times in ms. */
  attributes: Record<string, string>;
  messageAttributes: Record<string, MessageAttribute>;
}

export interface ReceiveOptions {
  max: number;
  waitSeconds: number;
  visibilityTimeoutSeconds?: number;
  signal?: AbortSignal;
}
