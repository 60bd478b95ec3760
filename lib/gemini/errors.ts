import { type ErrorCode, ServiceError, type ServiceErrorOptions } from '../errors.ts';

/** What may help after a failed call: `stop` is nothing that we could do within this call. */
export type Remedy = 'stop' | 'retry' | 'next_model' | 'new_key';

interface Fault extends Error {
  remedy: Remedy;
}

interface FaultOptions extends Omit<ServiceErrorOptions, 'fields'> {
  remedy: Remedy;
  /** For the log; never the key, a URL or what was sent. */
  reason: string;
}

/** A failure at the model, classified where it enters; the details stay in its cause. */
export function createFault(code: ErrorCode, options: FaultOptions): ServiceError {
  const { remedy, reason, cause, ...rest } = options;
  const fault: Fault = Object.assign(new Error(reason, { cause }), { remedy });
  return new ServiceError(code, undefined, { ...rest, cause: fault });
}

export function remedyOf(error: unknown): Remedy {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return isFault(cause) ? cause.remedy : 'stop';
}

/** The other side's own delay, in milliseconds. */
export function delayOf(error: unknown): number | undefined {
  const seconds = error instanceof ServiceError ? error.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : seconds * 1_000;
}

function isFault(value: unknown): value is Fault {
  return value instanceof Error && 'remedy' in value;
}
