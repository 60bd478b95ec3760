// Standard queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
export const MAX_MESSAGE_BYTES = 1_048_576; // raised from 262,144 in 2025; message attributes count too
export const MIN_MESSAGE_BYTES = 1_024;
export const MAX_DELAY_SECONDS = 900;
export const MAX_VISIBILITY_SECONDS = 43_200; // from the receive on, however often it is extended
export const MIN_RETENTION_SECONDS = 60;
export const MAX_RETENTION_SECONDS = 1_209_600;
export const MAX_WAIT_SECONDS = 20;
export const MAX_MESSAGES_PER_RECEIVE = 10;
export const MAX_ENTRIES_PER_BATCH = 10;
export const MAX_ATTRIBUTES_PER_MESSAGE = 10;
export const MAX_RECEIVE_COUNT = 1_000;

export const DEFAULT_VISIBILITY_SECONDS = 30;
export const DEFAULT_RETENTION_SECONDS = 345_600;
