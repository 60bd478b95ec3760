/** One entry of a Google error's `details`, told apart by `@type` (google.rpc.*). */
type ErrorDetail = { '@type': string } & Record<string, unknown>;

interface Refusal {
  /** HTTP status. */
  status: number;
  body: { error: { code: number; message: string; status: string; details?: ErrorDetail[] } };
}

/** google.rpc.Code by HTTP status, as the REST gateway maps them. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** An error answer in Google's shape. */
export function createRefusal(
  status: number,
  message: string,
  details: ErrorDetail[] = [],
): Refusal {
  const name = STATUS_NAMES[status] ?? 'UNKNOWN';
  const error = { code: status, message, status: name };
  return { status, body: { error: details.length > 0 ? { ...error, details } : error } };
}

export function createErrorInfo(reason: string): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  };
}

export function createRetryInfo(delaySeconds: number): ErrorDetail {
  return { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${delaySeconds}s` };
}

export function createQuotaFailure(quotaId: string): ErrorDetail {
  return { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] };
}

export function createBadRequest(
  violations: { field: string; description: string }[],
): ErrorDetail {
  return { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations };
}

const REFUSAL = Symbol('refusal');

/** An Error that carries the answer to give, so that any check, however deep, can end the request. */
export function refuse(status: number, message: string, details?: ErrorDetail[]): Error {
  return Object.assign(new Error(message), { [REFUSAL]: createRefusal(status, message, details) });
}

/** The answer that an Error of `refuse` carries; undefined for any other error. */
export function refusalOf(error: unknown): Refusal | undefined {
  return error instanceof Error && REFUSAL in error ? (error[REFUSAL] as Refusal) : undefined;
}

/** Google tells nobody whether a file of another's is there. */
export function refuseFile(): Error {
  return refuse(403, 'You do not have permission to access the File or it may not exist.');
}
