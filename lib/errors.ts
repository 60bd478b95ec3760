/** Policies of error codes for the client, the operator and the queue. */
export interface ErrorPolicy {
  /** HTTP status of the problem answer. */
  status: number;
  /** May the very same request succeed later? At work: goes back to the queue. */
  retryable: boolean;
  /** Should an operator be told? */
  alert: boolean;
  /** Where an analysis ends with this code for good; `rejected` is the file's fault, `failed` ours. */
  ends: 'rejected' | 'failed';
  title: string;
  /** The action for the reader of the error. */
  action: string;
}

const request = { retryable: false, alert: false, ends: 'failed' } as const;
const file = { retryable: false, alert: false, ends: 'rejected' } as const;

/** The closed list of error codes: the only place where a code is given its meaning. */
export const ERRORS = {
  request_invalid: {
    ...request,
    status: 400,
    title: 'The request is not valid',
    action: 'Correct the fields named in `errors` and send it again.',
  },
  file_missing: {
    ...request,
    status: 400,
    title: 'The form holds no file',
    action: 'Send a multipart form with the picture in the field `file`.',
  },
  unauthorized: {
    ...request,
    status: 401,
    title: 'No valid key',
    action:
      'Send `Authorization: Bearer KEY` with a key that is valid, signed where the key asks for it.',
  },
  forbidden: {
    ...request,
    status: 403,
    title: 'The key may not do this',
    action: 'Use a key with the scope that this call needs, from an address that it is open to.',
  },
  not_found: {
    ...request,
    status: 404,
    title: 'Nothing is found under this address',
    action: 'Check method, path and name against the API description.',
  },
  analysis_not_found: {
    ...request,
    status: 404,
    title: 'No such analysis',
    action: 'Check the id; deleted analyses and those of other clients are not found either.',
  },
  idempotency_conflict: {
    ...request,
    status: 409,
    retryable: true,
    title: 'The first request with this key is still running',
    action: 'Wait a moment and send the same request again.',
  },
  upload_expired: {
    ...request,
    status: 410,
    title: 'The upload was not made in time',
    action: 'Ask for a new upload.',
  },
  file_too_large: {
    ...file,
    status: 413,
    title: 'The file is too large',
    action: 'Send a smaller file; the limits are documented.',
  },
  type_unsupported: {
    ...file,
    status: 415,
    title: 'The type of the file is not supported',
    action: 'Send a picture in one of the supported formats.',
  },
  file_malformed: {
    ...file,
    status: 422,
    title: 'The file is damaged or incomplete',
    action: 'Check that the file opens elsewhere and send it again, whole.',
  },
  file_too_complex: {
    ...file,
    status: 422,
    title: 'The file is too complex to be decoded safely',
    action: 'Send it with fewer pixels, frames, scans or pages.',
  },
  checksum_mismatch: {
    ...file,
    status: 422,
    title: 'The file is not the one that was announced',
    action: 'Compare the sha256 given with that of the bytes sent, and upload again.',
  },
  content_blocked: {
    ...file,
    status: 422,
    title: 'The model refused the content',
    action: 'Nothing can be done with this picture; another one may be accepted.',
  },
  idempotency_mismatch: {
    ...request,
    status: 422,
    title: 'The idempotency key was used for another request',
    action: 'Use a new key for a new request.',
  },
  rate_limited: {
    ...request,
    status: 429,
    retryable: true,
    title: 'Too many requests',
    action: 'Wait as long as `Retry-After` says.',
  },
  budget_exhausted: {
    ...request,
    status: 429,
    retryable: true,
    title: 'The budget is used up',
    action: 'Wait until it is reset, or have it raised.',
  },
  internal: {
    ...request,
    status: 500,
    retryable: true,
    alert: true,
    title: 'Something went wrong on our side',
    action: 'Try again; if it stays, report the request id.',
  },
  unavailable: {
    ...request,
    status: 503,
    retryable: true,
    alert: true,
    title: 'The storage is not available for now',
    action: 'Send the same request again after the time in `Retry-After`.',
  },
  model_auth_failed: {
    ...request,
    status: 502,
    alert: true,
    title: 'The model refused our key',
    action: 'The operator has to put a valid Gemini key into the secret.',
  },
  model_request_refused: {
    ...request,
    status: 502,
    alert: true,
    title: 'The model refused our request',
    action: 'Report the request id; sending the same again does not help.',
  },
  model_output_invalid: {
    ...request,
    status: 502,
    alert: false,
    title: 'The model gave no usable answer',
    action: 'Upload the picture again, perhaps with another analyzer.',
  },
  model_unavailable: {
    ...request,
    status: 503,
    retryable: true,
    title: 'The model cannot be reached',
    action: 'Try again later.',
  },
  model_rate_limited: {
    ...request,
    status: 503,
    retryable: true,
    title: 'The quota at the model is used up for now',
    action: 'Try again later.',
  },
} as const satisfies Record<string, ErrorPolicy>;

export type ErrorCode = keyof typeof ERRORS;

export interface FieldError {
  /** Where in the request: `body.filename`, `query.limit`. */
  path: string;
  message: string;
}

export interface ServiceErrorOptions {
  cause?: unknown;
  /** Seconds after which another try makes sense, where the other side named them. */
  retryAfterSeconds?: number;
  /** When a budget is reset: ISO 8601. At work this is an end: no queue waits for so long. */
  resetsAt?: string | undefined;
  fields?: FieldError[] | undefined;
}

/** The one error that carries a code. `message` is a plain sentence that may be shown to anyone. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly resetsAt: string | undefined;
  readonly fields: FieldError[] | undefined;

  constructor(code: ErrorCode, message?: string, options: ServiceErrorOptions = {}) {
    super(message ?? `${ERRORS[code].title}.`, { cause: options.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.resetsAt = options.resetsAt;
    this.fields = options.fields;
  }

  get policy(): ErrorPolicy {
    return ERRORS[this.code];
  }
}

/** Anything thrown, as a `ServiceError`; what nobody classified is `internal`. */
export function toServiceError(error: unknown): ServiceError {
  return error instanceof ServiceError
    ? error
    : new ServiceError('internal', undefined, { cause: error });
}
