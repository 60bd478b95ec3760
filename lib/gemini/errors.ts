import { type ErrorCode, ServiceError, type ServiceErrorOptions } from '../errors.ts';
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, MAX_SLEEP_MS } from './limits.ts';
import type { OptionalField } from './request.ts';

/** What may help after a failed call: `stop` is nothing that we could do within this call. */
type Remedy = 'stop' | 'retry' | 'next_model' | 'new_key';

interface Fault extends Error {
  remedy: Remedy;
  pauseSeconds?: number;
  refusedField?: OptionalField;
}

interface FaultOptions extends Omit<ServiceErrorOptions, 'fields'> {
  remedy: Remedy;
  /** For the log; never the key, a URL or what was sent. */
  reason: string;
  /** A plain sentence for the client, in place of the code's. */
  message?: string;
  /** How long the model need not be asked again, whoever asks, in seconds. */
  pauseSeconds?: number;
  /** What of the request the server does not take, where the rest may be sent without it. */
  refusedField?: OptionalField | undefined;
}

/** A failure at the model, classified where it enters; the details stay in its cause. */
export function createFault(code: ErrorCode, options: FaultOptions): ServiceError {
  const { remedy, reason, message, pauseSeconds, refusedField, cause, ...rest } = options;
  const fault: Fault = Object.assign(new Error(reason, { cause }), { remedy });
  if (pauseSeconds !== undefined) fault.pauseSeconds = pauseSeconds;
  if (refusedField !== undefined) fault.refusedField = refusedField;
  return new ServiceError(code, message, { ...rest, cause: fault });
}

export function remedyOf(error: unknown): Remedy {
  return faultOf(error)?.remedy ?? 'stop';
}

/** The other side's own delay, in milliseconds. */
export function delayOf(error: unknown): number | undefined {
  const seconds = error instanceof ServiceError ? error.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** How long the model is to be left alone after this error, in milliseconds, where that is known. */
export function pauseOf(error: unknown): number | undefined {
  const seconds = faultOf(error)?.pauseSeconds;
  return seconds === undefined ? delayOf(error) : seconds * 1_000;
}

export function refusedFieldOf(error: unknown): OptionalField | undefined {
  return faultOf(error)?.refusedField;
}

function faultOf(error: unknown): Fault | undefined {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return isFault(cause) ? cause : undefined;
}

function isFault(value: unknown): value is Fault {
  return value instanceof Error && 'remedy' in value;
}

/** How every call to Gemini is tried again: its own delay goes before ours, and no long one is slept through. */
export const BACKOFF = {
  baseMs: BACKOFF_BASE_MS,
  capMs: BACKOFF_CAP_MS,
  maxSleepMs: MAX_SLEEP_MS,
  delayOf,
  isRetryable: (error: unknown) => remedyOf(error) === 'retry',
};
