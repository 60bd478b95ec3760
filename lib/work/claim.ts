import { randomUUID } from 'node:crypto';
import { analysisIdFor, DROP_FOLDER, type UploadedObject } from '../analysis/ids.ts';
import { describeError, type Outcome } from '../analysis/outcome.ts';
import {
  type AnalysisRecord,
  type EndStatus,
  expiryOf,
  expiryOfUnused,
  hasEnded,
  LEASE_SECONDS,
  newAnalysis,
  type Tombstone,
} from '../analysis/record.ts';
import type { Analyses, LeaseFields } from '../analysis/record-store.ts';
import { type Decision, decideClaim, type Origin } from '../analysis/transitions.ts';
import type { FindAnalyzer } from '../analyzers/own-store.ts';
import {
  type AnalyzerReference,
  DEFAULT_ANALYZERS,
  parseReference,
} from '../analyzers/registry.ts';
import { type RetentionDeps, readRetention } from '../auth/client-settings.ts';
import { type CountDeps, countEnd } from '../budget/count-end.ts';
import { type ErrorCode, ServiceError } from '../errors.ts';
import { logger, measureEnd } from '../log.ts';
import { type NotifyDeps, notifyEnd } from '../webhooks/notify-end.ts';

interface AfterEndDeps extends NotifyDeps, CountDeps {}

type Ended = Pick<AnalysisRecord, 'id' | 'clientId' | 'callbackUrl'>;

/** Counts the end of an analysis that had no worker, and queues its notifications. */
export async function countAndNotify(
  deps: AfterEndDeps,
  record: Ended,
  status: EndStatus,
  endedAt: number,
): Promise<void> {
  await countEnd(deps, record, { [status]: 1 }, endedAt);
  await notifyEnd(deps, record, status, endedAt);
}

/** Queues the notifications of an ended analysis again: its worker may have died, or the queue failed, before they were sent. */
export async function notifyAgain(deps: NotifyDeps, record: AnalysisRecord): Promise<void> {
  const { status, completedAt } = record;
  if (hasEnded(status) && completedAt)
    await notifyEnd(deps, record, status, Date.parse(completedAt));
}

/** Claims lost to a quicker worker before the message is left to it. */
const MAX_CLAIM_TRIES = 3;

export interface ClaimDeps extends AfterEndDeps, RetentionDeps {
  analyses: Analyses;
  uploads: { bucket: string; remove(key: string, eTag?: string): Promise<boolean> };
  findAnalyzer: FindAnalyzer;
  /** The client that objects in the drop folder belong to. */
  dropClientId: string;
  now(): number;
}

export interface Claim {
  record: AnalysisRecord & { leaseToken: string };
  /** The record as it was; undefined where the claim made it. */
  before: AnalysisRecord | undefined;
}

interface Identity {
  id: string;
  origin: Origin;
}

/** The analysis that an object belongs to, by its key, or the reason why it belongs to none. */
export function identifyObject(
  { uploads }: Pick<ClaimDeps, 'uploads'>,
  object: UploadedObject,
): Identity | { reason: 'other_bucket' | 'not_an_upload' } {
  // An event of another bucket would be mistaken for our object of the same key.
  if (object.bucket !== uploads.bucket) return { reason: 'other_bucket' };
  const id = analysisIdFor(object);
  if (!id) return { reason: 'not_an_upload' };
  return { id, origin: object.key.startsWith(DROP_FOLDER) ? 'drop' : 'upload' };
}

/** The record of an object in the drop folder; `drop/ANALYZER/…` picks the analyzer, if there is one of that name. */
export async function describeDropped(
  deps: Pick<ClaimDeps, 'findAnalyzer' | 'dropClientId' | 'settings' | 'recordDays' | 'now'>,
  id: string,
  object: UploadedObject,
): Promise<AnalysisRecord> {
  const [, folder = '', ...rest] = object.key.split('/');
  const reference = rest.length > 0 ? parseReference(folder) : undefined;
  const find = (wanted: AnalyzerReference) => deps.findAnalyzer(deps.dropClientId, wanted);
  const chosen = reference && (await find(reference));
  const analyzer = chosen ?? (await find({ name: DEFAULT_ANALYZERS.image }));
  if (!analyzer) throw new ServiceError('internal');
  const retention = await readRetention(deps, deps.dropClientId);
  const {
    uploadExpiresAt: _,
    expiresAt: __,
    ...record
  } = newAnalysis({
    id,
    clientId: deps.dropClientId,
    ...retention,
    source: { key: object.key, filename: object.key.slice(DROP_FOLDER.length), bytes: object.size },
    analyzer: { name: analyzer.name, version: analyzer.version },
    byMedium: !chosen,
    now: deps.now(),
  });
  return { ...record, eTag: object.eTag };
}

/** Claims the analysis that the object is for, by docs/states.md, or says what becomes of the message. */
export async function claimAnalysis(
  deps: ClaimDeps,
  object: UploadedObject,
): Promise<Claim | { outcome: Outcome }> {
  const identity = identifyObject(deps, object);
  if ('reason' in identity) return { outcome: { kind: 'ignored', ...identity } };
  const lease = leaseFields(deps.now());
  const claimed = await claimUnread(deps, object, identity, lease);
  if (claimed) return claimed;
  for (let tries = 0; tries < MAX_CLAIM_TRIES; tries += 1) {
    const found = await deps.analyses.read(identity.id);
    if (isClaimedBy(found, lease)) return { record: found, before: describeBefore(found) };
    const decision = decideClaim({ record: found, origin: identity.origin, now: deps.now() });
    const taken = await actOn(deps, object, identity.id, found, decision);
    if (taken) return taken;
  }
  return { outcome: { kind: 'later', seconds: LEASE_SECONDS, reason: 'claimed_by_another' } };
}

/** The usual case, in one write: a waiting upload or a new object in the drop folder. Undefined for any other. */
async function claimUnread(
  deps: ClaimDeps,
  object: UploadedObject,
  { id, origin }: Identity,
  fields: LeaseFields,
): Promise<Claim | undefined> {
  if (origin === 'drop') return createClaimed(deps, await describeDropped(deps, id, object));
  const before = await deps.analyses.claimWaiting(id, fields);
  return before && { record: { ...before, ...claimedFields(before, fields) }, before };
}

/** A claim that was refused may have been applied before: then only its answer was lost. */
function isClaimedBy(
  found: AnalysisRecord | Tombstone | undefined,
  { leaseToken }: LeaseFields,
): found is Claim['record'] {
  return found?.status === 'processing' && found.leaseToken === leaseToken;
}

/** The record as it was before a claim whose answer was lost, by what a claim changes. */
function describeBefore(record: AnalysisRecord): AnalysisRecord {
  const { waits, pausedTries, modelFile, error } = record;
  const attempts = record.attempts - 1;
  const wasTried = attempts > 0 || waits || pausedTries || modelFile || error;
  return wasTried
    ? { ...record, attempts, status: 'queued' }
    : { ...record, attempts, status: 'awaiting_upload', expiresAt: expiryOfUnused(record) };
}

/** Undefined where another worker was quicker. */
async function actOn(
  deps: ClaimDeps,
  object: UploadedObject,
  id: string,
  found: AnalysisRecord | Tombstone | undefined,
  decision: Decision,
): Promise<Claim | { outcome: Outcome } | undefined> {
  const record = found?.status === 'deleted' ? undefined : found;
  if (decision.kind === 'create')
    return createClaimed(deps, await describeDropped(deps, id, object));
  if (decision.kind === 'wait')
    return { outcome: { kind: 'later', seconds: decision.seconds, reason: 'lease_alive' } };
  if (decision.kind === 'claim' && record) return takeOver(deps, record, decision.deaths);
  if (decision.kind === 'end' && record) return endForGood(deps, record, decision);
  if (found?.status === 'deleted') await removeLateObject(deps, object);
  const reason = decision.kind === 'ignore' ? decision.reason : 'already_ended';
  if (record && reason === 'already_ended') await notifyAgain(deps, record);
  return { outcome: { kind: 'ignored', reason } };
}

/** Removes the object of a deleted analysis; in the drop folder only if it is still the same object. */
async function removeLateObject(deps: ClaimDeps, object: UploadedObject): Promise<void> {
  const isDropped = object.key.startsWith(DROP_FOLDER);
  await deps.uploads.remove(object.key, isDropped ? object.eTag : undefined);
}

function leaseFields(now: number): LeaseFields {
  const startedAt = new Date(now).toISOString();
  const leaseUntil = now + LEASE_SECONDS * 1000;
  const lease = { leaseToken: randomUUID(), leaseUntil };
  return { ...lease, startedAt, status: 'processing', stage: 'validating' };
}

async function createClaimed(deps: ClaimDeps, fresh: AnalysisRecord) {
  const record = { ...fresh, ...leaseFields(deps.now()), attempts: 1 };
  return (await deps.analyses.create(record)) ? { record, before: undefined } : undefined;
}

function claimedFields(before: AnalysisRecord, fields: LeaseFields) {
  return {
    ...fields,
    startedAt: before.startedAt ?? fields.startedAt,
    attempts: before.attempts + 1,
    expiresAt: undefined, // only unused uploads expire early
  };
}

async function takeOver(deps: ClaimDeps, before: AnalysisRecord, deaths: number) {
  const changes = { ...claimedFields(before, leaseFields(deps.now())), deaths };
  const claimed = await deps.analyses.change(before.id, changes, { version: before.version });
  return claimed ? { record: { ...before, ...changes }, before } : undefined;
}

async function endForGood(
  deps: ClaimDeps,
  record: AnalysisRecord,
  { status, code }: { status: 'rejected' | 'failed'; code: ErrorCode },
): Promise<{ outcome: Outcome } | undefined> {
  const error = record.error?.code === code ? record.error : describeError(new ServiceError(code));
  const now = deps.now();
  const expiresAt = expiryOf(record, now);
  const changes = { status, completedAt: new Date(now).toISOString(), error, expiresAt };
  if (!(await deps.analyses.settle(record.id, changes, { version: record.version })))
    return undefined;
  const { attempts, deaths, startedAt } = record;
  logger.error('given up', { analysisId: record.id, code, attempts, deaths });
  measureEnd({ status, code, latencyMs: now - Date.parse(startedAt ?? record.createdAt) });
  await countAndNotify(deps, record, status, now);
  return { outcome: { kind: 'ended', status, code } };
}
