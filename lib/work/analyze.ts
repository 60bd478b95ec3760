import type { UploadedObject } from '../analysis/ids.ts';
import type { MessageContext, Outcome } from '../analysis/outcome.ts';
import { LEASE_SECONDS } from '../analysis/record.ts';
import type { Source } from '../analysis/source.ts';
import type { StoredFile } from '../aws/stored-file.ts';
import { openReservation, type ReservationDeps } from '../budget/reservation.ts';
import type { Spending } from '../budget/spending-store.ts';
import { ServiceError } from '../errors.ts';
import { type Logger, logger } from '../log.ts';
import { isStuck, withinBounds } from '../media/bounds.ts';
import { findTypeMismatch } from '../media/claimed-type.ts';
import { findMedium } from '../media/media.ts';
import type { MediaLimits } from '../media/medium.ts';
import type { Model } from '../model/model.ts';
import { askModel, prepareQuestion } from './ask-model.ts';
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
import { digestFile, type SendMediaDeps, sendMedia } from './send-media.ts';
import {
  endStuckWorker,
  giveBack,
  type HeldAnalysis,
  idsOf,
  type StuckDeps,
  settleError,
  storeAnswer,
} from './settle.ts';

/** A JPEG up to this size (512 KiB) is converted too fast for a client to see the stage: it saves a write. */
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
  gemini: Model;
  limits: MediaLimits;
  decodeCpuSeconds?: number;
}

/**
 * Analyzes an uploaded object: claim, analyze, settle. It stores an end for every analysis that it can,
 * and throws only where even that failed; the message then becomes visible again by itself.
 */
export async function analyzeObject(
  deps: AnalyzeDeps,
  object: UploadedObject,
  message: MessageContext,
): Promise<Outcome> {
  const claim = await claimAnalysis(deps, object);
  if ('outcome' in claim) {
    await forgetLeftPicture(deps, object, claim.outcome);
    return releaseLeftFile(deps, object, claim.outcome);
  }
  const { signal, changeVisibility } = message;
  const { analyses, now } = deps;
  const lease = holdLease({ analyses, record: claim.record, signal, changeVisibility, now });
  const reservation = openReservation(deps, claim.record, message.deadline);
  const held = { ...claim, lease, reservation };
  let outcome: Outcome | undefined;
  try {
    outcome = await analyzeHeld(deps, held, message);
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

async function analyzeHeld(
  deps: AnalyzeDeps,
  held: HeldAnalysis,
  message: MessageContext,
): Promise<Outcome> {
  const { record, lease } = held;
  // The bytes of an analysis that has waited are known: most are answered without reading them again.
  const known = record.waits && (await settleKnown(deps, held, record.source));
  if (known) return known;
  const file = await deps.uploads.open(record.source.key, lease.signal);
  if (!file) return giveBack(deps, held);
  const log = logger.createChild({ persistentKeys: idsOf(record) });
  try {
    return await analyzeFile(deps, { held, file, message, log });
  } finally {
    file.close();
  }
}

interface Opened {
  held: HeldAnalysis;
  file: StoredFile;
  message: MessageContext;
  log: Logger;
}

/** The steps of one file, in order. Each returns the context with its own findings added. */
async function analyzeFile(deps: AnalyzeDeps, opened: Opened): Promise<Outcome> {
  const read = await readFile(deps, opened);
  const known = await settleKnown(deps, read.held, read.source);
  if (known) return known;
  const inspected = await inspectFile(deps, read);
  const converted = await convertFile(deps, inspected);
  const answered = await askAboutFile(deps, converted);
  if ('outcome' in answered) return answered.outcome;
  return storeResult(deps, answered);
}

/** Detects the medium, checks the digest and chooses the analyzer. */
async function readFile(deps: AnalyzeDeps, opened: Opened) {
  const { held, file, log } = opened;
  const noted = noteFile(held, file);
  const medium = await findMedium(file, deps.limits);
  const source = await timed(log, 'read', () => checkDigest(held, file, noted));
  const { record, analyzer } = await chooseByMedium(deps.findAnalyzer, held, medium.name);
  return { ...opened, held: { ...held, record }, medium, source, analyzer };
}

/** Extracts the facts of the file, and prepares the question about it. */
async function inspectFile(deps: AnalyzeDeps, read: Awaited<ReturnType<typeof readFile>>) {
  const { held, file, message, log, medium, analyzer } = read;
  await message.changeVisibility(LEASE_SECONDS);
  const facts = await timed(log, 'inspected', () =>
    decode(deps, message, () => medium.inspect(file, deps.limits, held.record)),
  );
  const source = { ...read.source, mediaType: facts.mediaType, ...facts.source };
  const question = prepareQuestion(analyzer, { ...held.record, source }, medium.name);
  return { ...read, facts, source, question };
}

/** Makes the copy for the model, and keeps a picture for people. */
async function convertFile(deps: AnalyzeDeps, inspected: Awaited<ReturnType<typeof inspectFile>>) {
  const { held, file, message, log, medium, facts, source } = inspected;
  const { lease, record } = held;
  const isShort = facts.mediaType === 'image/jpeg' && file.bytes <= SHORT_BYTES;
  lease.pass('converting');
  await (isShort ? lease.note({ source }) : lease.advance({ stage: 'converting', source }));
  const prepared = await timed(log, 'converted', () =>
    decode(deps, message, () => medium.prepare(file, facts, record)),
  );
  return { ...inspected, prepared, kept: await keepPicture(deps, held, prepared) };
}

/** Asks the model; an outcome where its copy of the file is not complete yet. */
async function askAboutFile(deps: AnalyzeDeps, converted: Awaited<ReturnType<typeof convertFile>>) {
  await converted.held.lease.advance({ stage: 'analyzing' });
  return sendAndAsk(deps, converted).finally(() => converted.kept.stored);
}

async function sendAndAsk(deps: AnalyzeDeps, converted: Awaited<ReturnType<typeof convertFile>>) {
  const { held, file, message, log, medium, source, question, prepared } = converted;
  const { deadline } = message;
  const { request, parse } = question;
  const { record } = held;
  const { pages, pageRange, durationSeconds, tracks } = source;
  const measures = { medium: medium.name, pages, pageRange, durationSeconds, tracks };
  const toSend = { medium: medium.name, prepared, file, sha256: source.sha256 };
  const sent = await timed(log, 'sent', () => sendMedia(deps, held, toSend, deadline));
  if ('outcome' in sent) return sent;
  // A clip goes apart from the words for a video alone; for sound, the question names the part.
  const clip = medium.name === 'video' ? record.clip : undefined;
  const media = { ...sent.media, clip, measures };
  const answer = await timed(log, 'asked', () =>
    askModel(deps.gemini, held, { ...request, media }, parse, deadline),
  );
  return { ...converted, answer };
}

type Answered = Exclude<Awaited<ReturnType<typeof askAboutFile>>, { outcome: Outcome }>;

async function storeResult(deps: AnalyzeDeps, answered: Answered): Promise<Outcome> {
  const { held, facts, source, prepared, answer } = answered;
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

function decode<T>(deps: AnalyzeDeps, message: MessageContext, work: () => Promise<T>): Promise<T> {
  return withinBounds(message.signal, work, deps.decodeCpuSeconds);
}

/** Logs a step with its duration. */
async function timed<T>(log: Logger, step: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const value = await work();
  log.info(step, { ms: Math.round(performance.now() - started) });
  return value;
}

function noteFile({ record, lease }: HeldAnalysis, file: StoredFile): Source {
  const { bytes, eTag, contentType } = file;
  // The digest from an earlier try of the same object is reused: reading a large file takes a minute.
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
