import type { ErrorCode } from '../errors.ts';
import {
  type AnalysisRecord,
  hasEnded,
  MAX_ATTEMPTS,
  MAX_DEATHS,
  MAX_WAITS,
  type Tombstone,
} from './record.ts';

export type Decision =
  | { kind: 'create' }
  | { kind: 'claim'; deaths: number }
  | { kind: 'wait'; seconds: number }
  | { kind: 'end'; status: 'rejected' | 'failed'; code: ErrorCode }
  | { kind: 'ignore'; reason: 'already_ended' | 'unknown_upload' | 'deleted' };

type Open = Pick<
  AnalysisRecord,
  'status' | 'stage' | 'attempts' | 'deaths' | 'error' | 'leaseUntil'
>;
/** Origin of an object: announced by a client, or put into the drop folder. */
export type Origin = 'upload' | 'drop';

interface Found {
  record: Open | Tombstone | undefined;
  origin: Origin;
  /** Epoch milliseconds. */
  now: number;
}

/** Decides about a message, by docs/states.md. */
export function decideClaim(found: Found): Decision {
  return decide(found, (record) => {
    if (record.status === 'processing') return decideTakeOver(record);
    return { kind: 'claim', deaths: record.deaths };
  });
}

/** Decides about a message in the dead-letter queue. */
export function decideFailure(found: Found): Decision {
  return decide(found, giveUp);
}

function decide({ record, origin, now }: Found, decideOpen: (record: Open) => Decision): Decision {
  if (!record)
    return origin === 'drop' ? { kind: 'create' } : { kind: 'ignore', reason: 'unknown_upload' };
  if (record.status === 'deleted') return { kind: 'ignore', reason: 'deleted' };
  if (hasEnded(record.status)) return { kind: 'ignore', reason: 'already_ended' };
  const leftMs = record.status === 'processing' ? (record.leaseUntil ?? 0) - now : 0;
  return leftMs > 0 ? { kind: 'wait', seconds: Math.ceil(leftMs / 1000) } : decideOpen(record);
}

function decideTakeOver(record: Open): Decision {
  const diedOfTheFile = record.stage === 'validating' || record.stage === 'converting';
  const deaths = record.deaths + (diedOfTheFile ? 1 : 0);
  if (deaths >= MAX_DEATHS) return { kind: 'end', status: 'rejected', code: 'file_too_complex' };
  return record.attempts < MAX_ATTEMPTS ? { kind: 'claim', deaths } : giveUp(record);
}

function giveUp(record: Open): Decision {
  return { kind: 'end', status: 'failed', code: record.error?.code ?? 'internal' };
}

export type HolderDecision =
  | { kind: 'copy'; holder: AnalysisRecord }
  | { kind: 'wait' }
  | { kind: 'take' };

/** Decides what an analysis does about the holder of the same content. `now` in epoch milliseconds. */
export function decideByHolder(found: {
  holder: AnalysisRecord | Tombstone | undefined;
  waits: number;
  now: number;
}): HolderDecision {
  const { holder, waits, now } = found;
  if (holder?.status === 'succeeded') return { kind: 'copy', holder };
  const isAtWork = holder?.status === 'processing' && (holder.leaseUntil ?? 0) > now;
  const mayAnswer = isAtWork || holder?.status === 'queued';
  return mayAnswer && waits < MAX_WAITS ? { kind: 'wait' } : { kind: 'take' };
}
