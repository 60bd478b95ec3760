import { ServiceError } from '../errors.ts';
import { isTransient } from './wire/client.ts';

/** When a request makes sense again that found a store unavailable through all tries, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/**
 * A store that stayed throttled, or out of reach, through all tries: the client repeats the request.
 * Undefined for any other error.
 */
export function readStorageTrouble(error: unknown): ServiceError | undefined {
  if (error instanceof ServiceError || !isTransient(error)) return undefined;
  const message = 'The storage is overloaded or cannot be reached. Send the same request again.';
  return new ServiceError('unavailable', message, {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
