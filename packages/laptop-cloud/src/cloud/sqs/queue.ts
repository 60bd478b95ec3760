import { z } from 'zod';
import { awsError } from '../aws-service.ts';

// Standard queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
export const MAX_MESSAGE_BYTES = 1_048_576; // raised from 262,144 in 2025; message attributes count too
const MIN_MESSAGE_BYTES = 1_024;
export const MAX_DELAY_SECONDS = 900;
export const MAX_VISIBILITY_SECONDS = 43_200; // from the receive on, extensions included
const MIN_RETENTION_SECONDS = 60;
const MAX_RETENTION_SECONDS = 1_209_600;
export const MAX_WAIT_SECONDS = 20;
export const MAX_MESSAGES_PER_RECEIVE = 10;
export const MAX_ENTRIES_PER_BATCH = 10;
export const MAX_ATTRIBUTES_PER_MESSAGE = 10;
const MAX_RECEIVE_COUNT = 1_000;

const DEFAULT_VISIBILITY_SECONDS = 30;
const DEFAULT_RETENTION_SECONDS = 345_600;

/** SQS's defaults apply to settings that are left out. */
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

/** A queue's settings, with SQS's defaults. */
export const queueSettingsSchema = z.object({
  visibilityTimeoutSeconds: z
    .int()
    .min(0)
    .max(MAX_VISIBILITY_SECONDS)
    .default(DEFAULT_VISIBILITY_SECONDS),
  messageRetentionSeconds: z
    .int()
    .min(MIN_RETENTION_SECONDS)
    .max(MAX_RETENTION_SECONDS)
    .default(DEFAULT_RETENTION_SECONDS),
  delaySeconds: z.int().min(0).max(MAX_DELAY_SECONDS).default(0),
  receiveWaitSeconds: z.int().min(0).max(MAX_WAIT_SECONDS).default(0),
  maximumMessageBytes: z
    .int()
    .min(MIN_MESSAGE_BYTES)
    .max(MAX_MESSAGE_BYTES)
    .default(MAX_MESSAGE_BYTES),
  redrive: z
    .object({
      deadLetterQueueName: z.string(),
      maxReceiveCount: z.int().min(1).max(MAX_RECEIVE_COUNT),
    })
    .exactOptional(),
  redriveAllow: z
    .object({
      permission: z.enum(['allowAll', 'denyAll', 'byQueue']),
      sourceQueueNames: z.array(z.string()).max(10).exactOptional(),
    })
    .exactOptional(),
  /** Kept and shown, not enforced: this endpoint has one account and one principal. */
  policy: z.string().exactOptional(),
});

export type QueueSettings = z.output<typeof queueSettingsSchema>;
type QueueSettingsInput = z.input<typeof queueSettingsSchema>;
export type QueueChanges = {
  [Key in keyof QueueSettingsInput]: QueueSettingsInput[Key] | undefined;
};

/** Fills in the defaults; throws `InvalidAttributeValue` for what SQS refuses. */
export function parseQueueSettings(settings: QueueChanges): QueueSettings {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const parsed = queueSettingsSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw awsError(
    'InvalidAttributeValue',
    `Invalid value for the queue setting ${issue?.path.join('.')}: ${issue?.message}`,
  );
}
