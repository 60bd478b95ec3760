import { describeError, type Outcome, retryDelaySeconds } from '../analysis/outcome.ts';
import {
  type AnalysisRecord,
  type EndStatus,
  expiryOf,
  MAX_ATTEMPTS,
  MAX_PAUSED_TRIES,
} from '../analysis/record.ts';
import type { Analyses, Change } from '../analysis/record-store.ts';
import { MAX_INLINE_RESULT_BYTES, type Results } from '../analysis/result-store.ts';
import { fitsTable } from '../aws/table.ts';
import type { SpendingReservation } from '../budget/reservation.ts';
import { type ErrorCode, ServiceError, toServiceError } from '../errors.ts';
import { logger, measureEnd } from '../log.ts';
import { spentOf } from '../model/meter.ts';
import { type NotifyDeps, notifyEnd } from '../webhooks/notify-end.ts';
import type { Claim } from './claim.ts';
import type { Lease } from './lease.ts';

export interface SettleDeps extends NotifyDeps {
  analyses: Analyses;
  results: Pick<Results, 'put' | 'remove'>;
  now(): number;
}

/** A claimed analysis with its lease and its spending reservation. */
export type HeldAnalysis = Claim & { lease: Lease; reservation: SpendingReservation };

export function idsOf({ id, clientId, attempts }: AnalysisRecord) {
  return { analysisId: id, clientId, attempt: attempts };
}

/** Stores the answer; a result that the table cannot hold goes to its bucket first, the pointer with the record. */
export async function storeAnswer(
  deps: SettleDeps,
  held: HeldAnalysis,
  result: Record<string, unknown>,
  found: Pick<Change, 'caption' | 'model' | 'usage' | 'safety' | 'cached' | 'source' | 'picture'>,
): Promise<Outcome> {
  const { record, lease } = held;
  lease.pass('storing');
  const json = JSON.stringify(result);
  const apart = Buffer.byteLength(json) > MAX_INLINE_RESULT_BYTES || !fitsTable(result);
  const resultKey = apart ? `results/${record.id}/${record.leaseToken}.json` : undefined;
  if (resultKey) {
    await lease.advance({ stage: 'storing', resultKey }); // known before it is there, so that a deletion finds it
    await deps.results.put(resultKey, json, record.recordDays);
  }
  const kept = { result: apart ? undefined : result, resultKey, error: undefined };
  const stored = await end(deps, held, { status: 'succeeded', ...found, ...kept });
  const unused = stored.kind === 'ignored' ? resultKey : record.resultKey;
  if (unused) await removeUnused(deps, record.id, unused);
  return stored;
}

/** A result that was stored by this try or an earlier one, unless the record names it. */
async function removeUnused({ analyses, results }: SettleDeps, id: string, resultKey: string) {
  try {
    const found = await analyses.read(id);
    if (found?.resultKey !== resultKey) await results.remove(resultKey);
  } catch (error) {
    const cause = error instanceof Error ? error.name : undefined;
    logger.warn('unused result left', { analysisId: id, cause });
  }
}

/** Writes the end of an analysis, and its metrics. */
async function end(
  deps: SettleDeps,
  { record, lease }: HeldAnalysis,
  changes: Change & { status: EndStatus },
): Promise<Outcome> {
  const now = deps.now();
  const completedAt = new Date(now).toISOString();
  const { costUsd } = lease.noted().usage ?? record.usage ?? {};
  const expiresAt = expiryOf(record, now);
  // The address that a file was to be sent to goes with it: what it ends, nobody goes on with.
  if (!(await lease.settle({ ...changes, completedAt, expiresAt, modelFile: undefined })))
    return { kind: 'ignored', reason: 'lease_lost' };
  const { status, model, error } = changes;
  const latencyMs = now - Date.parse(record.startedAt ?? completedAt);
  measureEnd({ status, code: error?.code, model, latencyMs, costUsd });
  const outcome = { kind: 'ended', status, code: error?.code } as const;
  return (await isNotified(deps, record, status, now))
    ? outcome
    : { ...outcome, isUnnotified: true };
}

/** A failed notification is repeated when the message is received again. */
async function isNotified(
  deps: SettleDeps,
  record: AnalysisRecord,
  status: EndStatus,
  now: number,
) {
  try {
    await notifyEnd(deps, record, status, now);
    return true;
  } catch (error) {
    const cause = error instanceof Error ? error.name : undefined;
    logger.error('end not told', { ...idsOf(record), cause });
    return false;
  }
}

/** The object is gone: by docs/states.md the record goes back to where nothing had come yet. */
export async function giveBack(deps: SettleDeps, held: HeldAnalysis): Promise<Outcome> {
  const { record, before, lease } = held;
  if (before && before.status !== 'awaiting_upload') {
    const message = 'The file was removed before it could be analysed.';
    return settleError(deps, held, new ServiceError('file_missing', message));
  }
  if (before) {
    const { status, attempts, expiresAt } = before;
    await lease.settle({ status, attempts, expiresAt, startedAt: undefined, stageMs: undefined });
  } else {
    await deps.analyses.forget(record.id, record.leaseToken);
  }
  return { kind: 'ignored', reason: 'object_gone' };
}

/** Ends an analysis after an error, or queues it for another try. */
export async function settleError(
  deps: SettleDeps,
  held: HeldAnalysis,
  thrown: unknown,
): Promise<Outcome> {
  const { record, lease } = held;
  if (lease.isLost()) return { kind: 'ignored', reason: 'lease_lost' };
  const error = toServiceError(thrown);
  const level = error.policy.alert ? 'error' : 'warn';
  logger[level](error.message, { ...idsOf(record), code: error.code, cause: causeOf(error) });
  const noted = describeError(error);
  const paused = countPaused(record, error);
  const isLast = record.attempts >= MAX_ATTEMPTS && !paused;
  if (!error.policy.retryable || error.resetsAt || isLast)
    return end(deps, held, { status: error.policy.ends, error: noted });
  const queued = await lease.settle({ status: 'queued', error: noted, ...paused });
  if (!queued) return { kind: 'ignored', reason: 'lease_lost' };
  const seconds = error.retryAfterSeconds ?? retryDelaySeconds(record.attempts);
  return { kind: 'later', seconds, reason: error.code };
}

/** A try in which no model was asked, for all were to be left alone or the budget was set aside for others, does not count, within bounds. */
function countPaused({ attempts, pausedTries = 0 }: AnalysisRecord, error: ServiceError) {
  const { code } = error;
  const pauses: ErrorCode[] = ['model_unavailable', 'model_rate_limited', 'budget_exhausted'];
  const isPause = pauses.includes(code);
  const wasAsked = spentOf(error)?.calls !== 0;
  if (!isPause || wasAsked || pausedTries >= MAX_PAUSED_TRIES) return undefined;
  return { attempts: attempts - 1, pausedTries: pausedTries + 1 };
}

/** The cause's name and sentence for the log; never the whole object, which may hold a request. */
function causeOf({ cause }: ServiceError): string | undefined {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : undefined;
}

/** Visibility timeout after a file that killed its worker, in seconds. */
const NEXT_TRY_SECONDS = 2;

export interface StuckDeps {
  now(): number;
  /** Ends the process, whatever its threads do. */
  endWorker(): void;
}

/**
 * A decoder that does not come to its end takes the worker with it, so that it costs no more than one.
 * The lease ends now, with the stage as it is: by docs/states.md the next worker counts a death, and
 * the third ends the analysis.
 */
export async function endStuckWorker(
  deps: StuckDeps,
  { record, lease }: HeldAnalysis,
  changeVisibility: (seconds: number) => Promise<void>,
): Promise<Outcome> {
  lease.stop();
  await endLease(lease, deps.now());
  await changeVisibility(NEXT_TRY_SECONDS);
  logger.error('decoder stuck, worker ends', { ...idsOf(record), deaths: record.deaths + 1 });
  deps.endWorker();
  return { kind: 'later', seconds: NEXT_TRY_SECONDS, reason: 'decoder_stuck' };
}

/** If even this write fails, the lease expires by itself. */
async function endLease(lease: Lease, now: number): Promise<void> {
  await lease.advance({ leaseUntil: now }).catch(() => undefined);
}
