import type { UploadedObject } from '../analysis/ids.ts';
import { describeError, type Outcome } from '../analysis/outcome.ts';
import { type AnalysisRecord, expiryOf, hasEnded } from '../analysis/record.ts';
import { decideFailure } from '../analysis/transitions.ts';
import { type ErrorCode, ServiceError } from '../errors.ts';
import { logger, measureEnd } from '../log.ts';
import {
  type ClaimDeps,
  countAndNotify,
  describeDropped,
  identifyObject,
  notifyAgain,
} from './claim.ts';

/** Ends the analysis of an object whose message was found in the dead-letter queue, by docs/states.md. */
export async function failObject(deps: ClaimDeps, object: UploadedObject): Promise<Outcome> {
  const identity = identifyObject(deps, object);
  if ('reason' in identity) return { kind: 'ignored', ...identity };
  const found = await deps.analyses.read(identity.id);
  const decision = decideFailure({ record: found, origin: identity.origin, now: deps.now() });
  const record = found?.status === 'deleted' ? undefined : found;
  if (record && hasEnded(record.status)) await notifyAgain(deps, record);
  if (decision.kind === 'ignore') return { kind: 'ignored', reason: decision.reason };
  if (decision.kind === 'wait')
    return { kind: 'later', seconds: decision.seconds, reason: 'lease_alive' };
  const code = decision.kind === 'end' ? decision.code : 'internal';
  const ended = record
    ? await deps.analyses.settle(record.id, failure(deps, code, record), {
        version: record.version,
      })
    : await createFailed(deps, identity.id, object, code);
  if (!ended) return { kind: 'later', seconds: 1, reason: 'claimed_by_another' };
  logger.error('given up', { analysisId: identity.id, code });
  const started = Date.parse(record?.startedAt ?? object.eventTime);
  const now = deps.now();
  measureEnd({ status: 'failed', code, latencyMs: now - started });
  const { id, clientId, callbackUrl } = record ?? {
    ...identity,
    clientId: deps.dropClientId,
    callbackUrl: undefined,
  };
  await countAndNotify(deps, { id, clientId, callbackUrl }, 'failed', now);
  return { kind: 'ended', status: 'failed', code };
}

function failure(deps: ClaimDeps, code: ErrorCode, record: AnalysisRecord) {
  const now = deps.now();
  const error = record.error ?? describeError(new ServiceError(code));
  const completedAt = new Date(now).toISOString();
  return { status: 'failed', completedAt, error, expiresAt: expiryOf(record, now) } as const;
}

async function createFailed(deps: ClaimDeps, id: string, object: UploadedObject, code: ErrorCode) {
  const record = await describeDropped(deps, id, object);
  return deps.analyses.create({ ...record, ...failure(deps, code, record) });
}
