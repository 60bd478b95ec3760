import { ServiceError } from '../errors.ts';

/** How AWS says "not so fast": the table's own, the account's, S3's and KMS'. */
const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'Throttling',
  'SlowDown',
]);
/** After the tries of lib/aws/wire/, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** A store that had too much to do is no failure of ours: the client is asked to slow down. */
export function readThrottling(error: unknown): ServiceError | undefined {
  if (!(error instanceof Error) || !THROTTLED.has(error.name)) return undefined;
  return new ServiceError('rate_limited', 'Too many requests at once for the storage behind.', {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
