import { z } from 'zod';
import { awsError } from '../service.ts';
import {
  DEFAULT_RETENTION_SECONDS,
  DEFAULT_VISIBILITY_SECONDS,
  MAX_DELAY_SECONDS,
  MAX_MESSAGE_BYTES,
  MAX_RECEIVE_COUNT,
  MAX_RETENTION_SECONDS,
  MAX_VISIBILITY_SECONDS,
  MAX_WAIT_SECONDS,
  MIN_MESSAGE_BYTES,
  MIN_RETENTION_SECONDS,
} from './limits.ts';

/** What a queue is set to; the defaults are those of SQS. */
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
export type QueueSettingsInput = z.input<typeof queueSettingsSchema>;
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
