import { createHash } from 'node:crypto';
import type { Logger } from '@aws-lambda-powertools/logger';
import { type AnalysisRecord, LEASE_SECONDS, type Source } from './analysis.ts';
import type { UploadedObject } from './analysis-id.ts';
import type { Spending } from './aws/spending.ts';
import type { ReadUpload } from './aws/uploads.ts';
import { ServiceError } from './errors.ts';
import type { Gemini } from './gemini/client.ts';
import { logger } from './log.ts';
import { isStuck, withinBounds } from './media/bounds.ts';
import { convertPicture } from './media/image/convert.ts';
import { inspectPicture } from './media/image/inspect.ts';
import { findTypeMismatch } from './media/type-mismatch.ts';
import { openPurse, type PurseDeps } from './money/purse.ts';
import type { Delivery, Outcome } from './outcome.ts';
import { askModel } from './work/ask-model.ts';
import { type ClaimDeps, claimAnalysis } from './work/claim.ts';
import { prepareInquiry } from './work/inquire.ts';
import { holdLease } from './work/lease.ts';
import { type PaidOnceDeps, preferFresh, settleKnown } from './work/paid-once.ts';
import { giveBack, type Held, idsOf, settleError, storeAnswer } from './work/settle.ts';
import { describePicture } from './work/source.ts';
import { endStuckWorker, type StuckDeps } from './work/stuck.ts';

export interface AnalyzeDeps extends ClaimDeps, PaidOnceDeps, PurseDeps, StuckDeps {
  spending: Spending;
  uploads: ClaimDeps['uploads'] & {
    read(key: string, maxBytes: number, signal: AbortSignal): Promise<ReadUpload | undefined>;
  };
  gemini: Gemini;
  limits: { maxBytes: number; maxPixels: number; decodeCpuSeconds?: number };
}

/**
 * The one use case: claim → validate → prepare → ask → store. It ends every analysis it can, and throws
 * only where even that could not be stored; the message then comes back by itself.
 */
export async function analyzeObject(
  deps: AnalyzeDeps,
  object: UploadedObject,
  delivery: Delivery,
): Promise<Outcome> {
  const claim = await claimAnalysis(deps, object);
  if ('outcome' in claim) return claim.outcome;
  const { signal, hide } = delivery;
  const { analyses, now } = deps;
  const lease = holdLease({ analyses, record: claim.record, signal, hide, now });
  const purse = openPurse(deps, claim.record, delivery.deadline);
  const held = { ...claim, lease, purse };
  let outcome: Outcome | undefined;
  try {
    outcome = await understand(deps, held, delivery);
  } catch (error) {
    outcome = isStuck(error)
      ? await endStuckWorker(deps, held, hide)
      : await settleError(deps, held, error);
  } finally {
    lease.stop();
    await purse.settle(outcome);
  }
  return outcome;
}

async function understand(deps: AnalyzeDeps, held: Held, delivery: Delivery): Promise<Outcome> {
  const { record, lease } = held;
  const { request, parse } = await prepareInquiry(deps.findAnalyzer, record);
  const log = logger.createChild({ persistentKeys: idsOf(record) });

  // One that has waited knows its bytes: most are answered without being read again.
  const waited = record.waits && (await settleKnown(deps, held, record.source));
  if (waited) return waited;
  const upload = await timed(log, 'read', () =>
    deps.uploads.read(record.source.key, deps.limits.maxBytes, lease.signal),
  );
  if (!upload) return giveBack(deps, held);
  const source = describeSource(record, upload);
  lease.note({ source, eTag: upload.eTag });
  checkDigest(record, source);
  const answered = await settleKnown(deps, held, source);
  if (answered) return answered;
  await delivery.hide(LEASE_SECONDS);

  const decode = <T>(work: () => Promise<T>) =>
    withinBounds(delivery.signal, work, deps.limits.decodeCpuSeconds);
  const facts = await timed(log, 'inspected', () =>
    decode(() => inspectPicture(upload.bytes, deps.limits)),
  );
  const described = describePicture({ ...record, source }, facts);
  await lease.advance({ stage: 'converting', source: described });
  const picture = await timed(log, 'converted', () =>
    decode(() => convertPicture(upload.bytes, facts)),
  );

  await lease.advance({ stage: 'analyzing' });
  const media = { mediaType: 'image/jpeg', bytes: picture.jpeg };
  const answer = await timed(log, 'asked', () =>
    askModel(deps.gemini, held, { ...request, media }, parse, delivery.deadline),
  );
  const { result, caption, instructionsInImage } = answer.value;
  const outcome = await storeAnswer(deps, held, result, {
    caption,
    model: answer.model,
    safety: {
      metadataStripped: facts.metadata,
      typeMismatch: findTypeMismatch(facts.mediaType, source),
      instructionsInImage,
    },
  });
  await preferFresh(deps, held, source, outcome);
  return outcome;
}

/** One line a step, with its time. */
async function timed<T>(log: Logger, step: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const value = await work();
  log.info(step, { ms: Math.round(performance.now() - started) });
  return value;
}

function describeSource(record: AnalysisRecord, upload: ReadUpload): Source {
  const sha256 = createHash('sha256').update(upload.bytes).digest('hex');
  const declaredType = record.source.declaredType ?? upload.contentType;
  return { ...record.source, declaredType, bytes: upload.bytes.length, sha256 };
}

function checkDigest({ expectedSha256 }: AnalysisRecord, { sha256 }: Source): void {
  if (expectedSha256 && expectedSha256 !== sha256) throw new ServiceError('checksum_mismatch');
}
