import { isTransient } from '../aws/wire/client.ts';
import { ServiceError } from '../errors.ts';

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

/** An HTTP answer before it is serialised. */
export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Until when the very same answer may be given again to the same request, in epoch milliseconds; left out: as long as its key counts. */
  goodUntil?: number;
}

/** The RFC 9457 answer for an error. Details of its cause stay in the log. */
export function describeProblem(error: ServiceError, requestId: string, extra: object = {}): Reply {
  const { status, title, retryable } = error.policy;
  const retryAfter = error.retryAfterSeconds;
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: {
      type: `urn:sightline:error:${error.code}`,
      title,
      status,
      detail: error.message,
      code: error.code,
      retryable,
      retryAfter,
      requestId,
      errors: error.fields,
      ...extra,
    },
  };
}
