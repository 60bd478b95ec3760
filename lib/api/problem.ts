import type { ServiceError } from '../errors.ts';

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
