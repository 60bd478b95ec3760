import type { ErrorCode, ServiceError } from '../errors.ts';
import type { AnalysisError, EndStatus } from './record.ts';

/** Context of a message: the function's remaining time, and the means to change the message's visibility timeout. */
export interface MessageContext {
  signal: AbortSignal;
  /** Epoch milliseconds. */
  deadline: number;
  changeVisibility(seconds: number): Promise<void>;
}

/** Outcome of an object, which decides about its message. */
export type Outcome =
  /** Unnotified: notifications could not be queued, so the message has to be received again. */
  | { kind: 'ended'; status: EndStatus; code?: ErrorCode | undefined; isUnnotified?: boolean }
  /** Nothing is left to do: the reason is logged and the message deleted. */
  | {
      kind: 'ignored';
      reason:
        | 'already_ended'
        | 'deleted'
        | 'lease_lost'
        | 'not_an_upload'
        | 'object_gone'
        | 'other_bucket'
        | 'unknown_upload';
    }
  /** The message becomes visible again after this delay. */
  | {
      kind: 'later';
      seconds: number;
      reason:
        | ErrorCode
        | 'lease_alive'
        | 'claimed_by_another'
        | 'decoder_stuck'
        | 'same_content_at_work'
        | 'file_on_its_way'
        | 'file_in_process';
    };

/** An error as it stands in a record: a code and a plain sentence, no details. */
export function describeError(error: ServiceError): AnalysisError {
  const { code, message, resetsAt } = error;
  return { code, message, retryable: error.policy.retryable, ...(resetsAt && { resetsAt }) };
}

/** Delays between the tries of one analysis, in seconds: full jitter under a ceiling that grows with each. */
const FIRST_DELAY_SECONDS = 4;
const DELAY_GROWTH = 3;
const MAX_DELAY_SECONDS = 900;

/** How long to wait after the given try (from 1), where the failure itself names no time. */
export function retryDelaySeconds(attempt: number, random: () => number = Math.random): number {
  const ceiling = FIRST_DELAY_SECONDS * DELAY_GROWTH ** (attempt - 1);
  return Math.ceil(random() * Math.min(ceiling, MAX_DELAY_SECONDS));
}

const MAX_WAIT_SECONDS = 60;

/** How long to wait for the answer to the same content, or for a file, after so many waits before: 1 s, 2 s, 4 s, … */
export function waitDelaySeconds(waits: number): number {
  return Math.min(2 ** waits, MAX_WAIT_SECONDS);
}
