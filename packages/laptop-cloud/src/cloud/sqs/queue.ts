import type { QueueChanges, QueueSettings } from './settings.ts';

/** Settings not given are SQS's defaults. */
export interface QueueOptions extends QueueChanges {
  name: string;
}

/** Times in milliseconds since 1970. */
export interface QueueInfo extends QueueSettings {
  name: string;
  arn: string;
  url: string;
  createdAt: number;
  modifiedAt: number;
}

export interface QueuesOptions {
  endpoint: () => string;
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}
