import type { UploadedObject } from '../analysis/ids.ts';
import type { MessageContext, Outcome } from '../analysis/outcome.ts';
import { LEASE_SECONDS } from '../analysis/record.ts';
import type { Source } from '../analysis/source.ts';
import type { StoredFile } from '../aws/stored-file.ts';
import { openReservation, type ReservationDeps } from '../budget/reservation.ts';
import type { Spending } from '../budget/spending-store.ts';
import { ServiceError } from '../errors.ts';
import type { Gemini } from '../gemini/client.ts';
import { countMediaTokens } from '../gemini/media-tokens.ts';
import { type Logger, logger } from '../log.ts';
import { isStuck, withinBounds } from '../media/bounds.ts';
import { findTypeMismatch } from '../media/claimed-type.ts';
import { findMedium } from '../media/media.ts';
import type { MediaLimits } from '../media/medium.ts';
import { askModel, prepareInquiry } from './ask-model.ts';
import { chooseByMedium } from './choose-by-medium.ts';
import { type ClaimDeps, claimAnalysis } from './claim.ts';
import {
  forgetLeftPicture,
  forgetPicture,
  type KeepPictureDeps,
  keepPicture,
} from './keep-picture.ts';
import { holdLease } from './lease.ts';
import { releaseFile, releaseLeftFile } from './model-file.ts';
import { type PaidOnceDeps, preferFresh, settleKnown } from './paid-once.ts';
import { digestFile, type SendMediaDeps, sendMedia, type ToSend } from './send-media.ts';
import {
  endStuckWorker,
  giveBack,
  type HeldAnalysis,
  idsOf,
  type StuckDeps,
  settleError,
  storeAnswer,
} from './settle.ts';

/** A JPEG of so many bytes (512 KiB) is converted before anybody could see that stage: one write less. */
const SHORT_BYTES = 524_288;

export interface AnalyzeDeps
  extends ClaimDeps,
    PaidOnceDeps,
    ReservationDeps,
    SendMediaDeps,
    StuckDeps {
  results: PaidOnceDeps['results'] & KeepPictureDeps['results'];
  spending: Spending;
  uploads: ClaimDeps['uploads'] & {
    open(key: string, signal: AbortSignal): Promise<StoredFile | undefined>;
  };
  gemini: Gemini;
  limits: MediaLimits;
  decodeCpuSeconds?: number;
}

/**
 * The one use case: claim → validate → prepare → ask → store. It ends every analysis it can, and throws
 * only where even that could not be stored; the message then comes back by itself.
 */
export async function analyzeObject(
  deps: AnalyzeDeps,
  object: UploadedObject,
  delivery: MessageContext,
): Promise<Outcome> {
  const claim = await claimAnalysis(deps, object);
  if ('outcome' in claim) {
    await forgetLeftPicture(deps, object, claim.outcome);
    return releaseLeftFile(deps, object, claim.outcome);
  }
  const { signal, changeVisibility } = delivery;
  const { analyses, now } = deps;
  const lease = holdLease({ analyses, record: claim.record, signal, changeVisibility, now });
  const reservation = openReservation(deps, claim.record, delivery.deadline);
  const held = { ...claim, lease, reservation };
  let outcome: Outcome | undefined;
  try {
    outcome = await understand(deps, held, delivery);
  } catch (error) {
    outcome = isStuck(error)
      ? await endStuckWorker(deps, held, changeVisibility)
      : await settleError(deps, held, error);
  } finally {
    lease.stop();
    await reservation.settle(outcome);
    await releaseFile(deps, held, outcome);
  }
  await forgetPicture(deps, held, outcome);
  return outcome;
}

async function understand(
  deps: AnalyzeDeps,
  held: HeldAnalysis,
  delivery: MessageContext,
): Promise<Outcome> {
  const { record, lease } = held;
  // One that has waited knows its bytes: most are answered without being read again.
  const waited = record.waits && (await settleKnown(deps, held, record.source));
  if (waited) return waited;
  const file = await deps.uploads.open(record.source.key, lease.signal);
  if (!file) return giveBack(deps, held);
  try {
    return await understandFile(deps, held, file, delivery);
  } finally {
    file.close();
  }
}

async function understandFile(
  deps: AnalyzeDeps,
  claimed: HeldAnalysis,
  file: StoredFile,
  delivery: MessageContext,
): Promise<Outcome> {
  const { lease } = claimed;
  const log = logger.createChild({ persistentKeys: idsOf(claimed.record) });
  const decode = <T>(work: () => Promise<T>) =>
    withinBounds(delivery.signal, work, deps.decodeCpuSeconds);

  const opened = noteFile(claimed, file);
  const medium = await findMedium(file, deps.limits);
  const read = await timed(log, 'read', () => checkDigest(claimed, file, opened));
  const { record, analyzer } = await chooseByMedium(deps.findAnalyzer, claimed, medium.name);
  const held = { ...claimed, record };
  const answered = await settleKnown(deps, held, read);
  if (answered) return answered;
  await delivery.changeVisibility(LEASE_SECONDS);

  const facts = await timed(log, 'inspected', () =>
    decode(() => medium.inspect(file, deps.limits, record)),
  );
  const source = { ...read, mediaType: facts.mediaType, ...facts.source };
  const { request, parse } = prepareInquiry(analyzer, { ...record, source }, medium.name);
  const isShort = facts.mediaType === 'image/jpeg' && file.bytes <= SHORT_BYTES;
  lease.pass('converting');
  await (isShort ? lease.note({ source }) : lease.advance({ stage: 'converting', source }));
  const prepared = await timed(log, 'converted', () =>
    decode(() => medium.prepare(file, facts, record)),
  );
  const kept = await keepPicture(deps, held, prepared);
  await lease.advance({ stage: 'analyzing' });
  const toSend = { medium: medium.name, prepared, file, sha256: read.sha256 };
  const { mediaResolution } = request;
  const mediaTokens = countMediaTokens(medium.name, source, mediaResolution, record.clip);
  const inquiry = { request: { ...request, mediaTokens }, parse, toSend };
  const answer = await ask(deps, held, inquiry, delivery.deadline).finally(() => kept.stored);
  if ('outcome' in answer) return answer.outcome;
  const { result, caption, instructionsInImage } = answer.value;
  const outcome = await storeAnswer(deps, held, result, {
    caption,
    model: answer.model,
    safety: {
      [`metadata${'original' in prepared ? 'Kept' : 'Stripped'}`]: facts.metadata,
      typeMismatch: findTypeMismatch(facts.mediaType, source),
      instructionsInImage,
      ...facts.safety,
    },
  });
  await preferFresh(deps, held, source, outcome);
  return outcome;
}

type Prepared = ReturnType<typeof prepareInquiry>;
type Inquiry = Prepared & { request: { mediaTokens: number }; toSend: ToSend };

/** The model's answer; an outcome where its file is on the way yet. */
async function ask(
  deps: AnalyzeDeps,
  held: HeldAnalysis,
  { request, parse, toSend }: Inquiry,
  deadline: number,
) {
  const log = logger.createChild({ persistentKeys: idsOf(held.record) });
  const sent = await timed(log, 'sent', () => sendMedia(deps, held, toSend, deadline));
  if ('outcome' in sent) return sent;
  // Which part of a recording counts, only the question tells: Gemini's fields are those of videos.
  const clip = toSend.medium === 'video' ? held.record.clip : undefined;
  const media = { ...sent.media, clip };
  return timed(log, 'asked', () =>
    askModel(deps.gemini, held, { ...request, media }, parse, deadline),
  );
}

/** One line a step, with its time. */
async function timed<T>(log: Logger, step: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const value = await work();
  log.info(step, { ms: Math.round(performance.now() - started) });
  return value;
}

function noteFile({ record, lease }: HeldAnalysis, file: StoredFile): Source {
  const { bytes, eTag, contentType } = file;
  // What an earlier try learnt of the same object is not read again: a large file takes a minute.
  const isSame = eTag !== undefined && eTag === record.eTag;
  const { sha256: learnt, ...known } = record.source;
  const declaredType = known.declaredType ?? contentType;
  const sha256 = file.sha256 ?? (isSame ? learnt : undefined);
  const source = { ...known, declaredType, bytes, sha256 };
  lease.note({ source, eTag });
  return source;
}

/** @throws ServiceError `checksum_mismatch` */
async function checkDigest({ record, lease }: HeldAnalysis, file: StoredFile, opened: Source) {
  const sha256 = opened.sha256 ?? (await digestFile(file));
  const source = { ...opened, sha256 };
  lease.note({ source });
  const { expectedSha256 } = record;
  if (expectedSha256 && expectedSha256 !== sha256) throw new ServiceError('checksum_mismatch');
  return source;
}
