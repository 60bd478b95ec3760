import { analysisIdFor, type UploadedObject } from '../analysis/ids.ts';
import { type Outcome, waitDelaySeconds } from '../analysis/outcome.ts';
import {
  hasEnded,
  MAX_FILE_RETURNS,
  MAX_FILE_UPLOADS,
  type ModelFile,
} from '../analysis/record.ts';
import type { Analyses } from '../analysis/record-store.ts';
import { ServiceError } from '../errors.ts';
import type { StoredFile } from '../gemini/file-answer.ts';
import type { ModelFiles } from '../gemini/files.ts';
import { sendFile } from '../gemini/send-file.ts';
import { logger } from '../log.ts';
import type { MediaFile } from '../media/medium.ts';
import type { HeldAnalysis } from './settle.ts';

/** A file that goes sooner is sent again, in milliseconds: a question may take its time. */
const MIN_LIFE_MS = 600_000;

export type FileVerdict =
  /** The model may be asked about it. */
  | 'ready'
  /** It is being looked through. */
  | 'in_process'
  /** It is sent again. */
  | 'again'
  /** The model cannot read it, whoever sends it. */
  | 'unreadable';

export interface JudgedFile {
  /** As it is at the model; undefined where it is not. */
  stored: StoredFile | undefined;
  /** The file that was sent. */
  sent: { bytes: number; sha256: string | undefined };
  /** How often it was, this one included. */
  uploads: number;
  /** Epoch milliseconds. */
  now: number;
}

/** The action for a file that was sent to the model, by docs/states.md. */
export function judgeFile({ stored, sent, uploads, now }: JudgedFile): FileVerdict {
  if (!stored || isOther(stored, sent)) return 'again';
  if ((stored.expiresAt ?? Number.POSITIVE_INFINITY) < now + MIN_LIFE_MS) return 'again';
  if (stored.state === 'PROCESSING') return 'in_process';
  if (stored.state === 'ACTIVE') return 'ready';
  // FAILED may be a fault on its side; twice, it is the file.
  return uploads > 1 ? 'unreadable' : 'again';
}

/** Whether it is to be sent at all. */
function maySend(uploads: number): boolean {
  return uploads < MAX_FILE_UPLOADS;
}

function isOther(stored: StoredFile, sent: JudgedFile['sent']): boolean {
  const { bytes = sent.bytes, sha256 = sent.sha256 } = stored;
  return bytes !== sent.bytes || sha256 !== sent.sha256;
}

/** The longest that a removal may take, in milliseconds: it is not worth more, for files go by themselves. */
const REMOVAL_MS = 4_000;

interface ReleaseDeps {
  analyses: Pick<Analyses, 'read'>;
  modelFiles: Pick<ModelFiles, 'remove'>;
}

/** Removes the model's file of an analysis that has ended, or was deleted meanwhile. Never throws: it has ended by then. */
export async function releaseFile(
  deps: ReleaseDeps,
  { record, lease }: HeldAnalysis,
  outcome: Outcome | undefined,
): Promise<void> {
  const { name } = lease.noted().modelFile ?? record.modelFile ?? {};
  if (name === undefined || !outcome || outcome.kind === 'later') return;
  await quietly(record.id, async () => {
    const isOver = outcome.kind === 'ended' || (await isUnused(deps, record.id, name));
    if (isOver) await remove(deps, name);
  });
}

/** The same where the claim itself was the end, or found that the analysis is deleted. */
export async function releaseLeftFile(
  deps: ReleaseDeps,
  object: UploadedObject,
  outcome: Outcome,
): Promise<Outcome> {
  const isOver =
    outcome.kind === 'ended' || (outcome.kind === 'ignored' && outcome.reason === 'deleted');
  const id = isOver ? analysisIdFor(object) : undefined;
  if (id === undefined) return outcome;
  await quietly(id, async () => {
    const found = await deps.analyses.read(id);
    const name = found?.status === 'deleted' ? found.modelFile : found?.modelFile?.name;
    if (name !== undefined) await remove(deps, name);
  });
  return outcome;
}

/** Of a lease that was lost: another worker may go on with the file. */
async function isUnused({ analyses }: ReleaseDeps, id: string, name: string): Promise<boolean> {
  const found = await analyses.read(id);
  if (!found || found.status === 'deleted' || hasEnded(found.status)) return true;
  return found.modelFile?.name !== name;
}

async function remove({ modelFiles }: ReleaseDeps, name: string): Promise<void> {
  const signal = AbortSignal.timeout(REMOVAL_MS);
  await modelFiles.remove(name, { signal, deadline: Date.now() + REMOVAL_MS });
}

async function quietly(analysisId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const cause = error instanceof Error ? error.message : undefined;
    logger.warn('file left at the model', { analysisId, cause });
  }
}

/** Left for the last write of a worker that hands over, in milliseconds; a piece more has to fit in before. */
const HAND_OVER_MS = 10_000;
/** A worker that has sent a file asks about it only with so much time left, in milliseconds: one whole call. */
const ASK_MS = 60_000;

export interface ModelFileDeps {
  modelFiles: ModelFiles;
  now(): number;
}

interface Original {
  mediaType: string;
  file: MediaFile & { eTag: string | undefined };
  sha256: string | undefined;
}

type Named = ModelFile & { name: string };

/**
 * Stores a file at the model, or goes on with that where another worker left off, by docs/states.md.
 * The outcome where the message has to come again: behind it there is more to send, or the file is not
 * ready. Neither counts as a try. `deadline` in epoch milliseconds.
 * @throws ServiceError `model_request_refused`, and what the Files API's calls throw
 */
export async function storeModelFile(
  deps: ModelFileDeps,
  held: HeldAnalysis,
  original: Original,
  deadline: number,
): Promise<{ uri: string } | { outcome: Outcome }> {
  const work = { deps, held, original, bounds: { signal: held.lease.signal, deadline } };
  let known: ModelFile = held.record.modelFile ?? { uploads: 0, returns: 0 };
  if (known.eTag !== original.file.eTag) known = await discard(work, known); // the object was replaced
  for (;;) {
    const file = hasName(known) ? known : await begin(work, known);
    const come = await bring(work, file);
    if (come !== 'again') return come;
    known = await discard(work, file);
  }
}

interface Work {
  deps: ModelFileDeps;
  held: HeldAnalysis;
  original: Original;
  bounds: { signal: AbortSignal; deadline: number };
}

function hasName(file: ModelFile): file is Named {
  return file.name !== undefined;
}

/** Written at once: a worker that comes after this one goes on with it. */
async function note({ held }: Work, modelFile: ModelFile): Promise<void> {
  held.lease.note({ modelFile });
  await held.lease.advance({});
}

async function begin(work: Work, { uploads, returns }: ModelFile): Promise<Named> {
  const { deps, original, bounds } = work;
  if (!maySend(uploads))
    throw new ServiceError('model_request_refused', 'The model lost the file time and again.');
  const { mediaType, file } = original;
  const session = await deps.modelFiles.start({ mediaType, bytes: file.bytes }, bounds);
  const begun = { ...session, eTag: file.eTag, uploads: uploads + 1, returns };
  await note(work, begun);
  return begun;
}

/** One step after the other, from wherever it is. */
async function bring(work: Work, known: Named) {
  const file = known.uploadUrl === undefined ? known : await sendRest(work, known);
  if (file === 'gone') return 'again';
  if (file === 'paused') return goBack(work, known, { seconds: 0, reason: 'file_on_its_way' });
  const { deps, original, bounds } = work;
  const stored = await deps.modelFiles.read(file.name, bounds);
  const sent = { bytes: original.file.bytes, sha256: original.sha256 };
  const verdict = judgeFile({ stored, sent, uploads: file.uploads, now: deps.now() });
  if (verdict === 'again' || !stored) return 'again';
  if (verdict === 'unreadable')
    throw new ServiceError('model_request_refused', 'The model cannot read the file.');
  const seconds = waitDelaySeconds(file.returns);
  if (verdict === 'in_process') return goBack(work, file, { seconds, reason: 'file_in_process' });
  const isLate = known.uploadUrl !== undefined && timeLeft(bounds) < ASK_MS;
  if (isLate) return goBack(work, file, { seconds: 0, reason: 'file_on_its_way' });
  return { uri: stored.uri };
}

async function sendRest(work: Work, file: Named): Promise<Named | 'gone' | 'paused'> {
  const { deps, original, bounds } = work;
  const { uploadUrl = '', pieceBytes = 0, ...rest } = file;
  const end = await sendFile(deps.modelFiles, { uploadUrl, pieceBytes }, original.file, {
    ...bounds,
    // A piece may well take twice as long as the one before.
    mustPause: (pieceMs) => timeLeft(bounds) < HAND_OVER_MS + 2 * pieceMs,
  });
  if (end !== 'final') return end;
  await note(work, rest);
  return rest;
}

function timeLeft({ deadline }: Work['bounds']): number {
  return deadline - Date.now();
}

/** Back to the queue: no try is used up by that, within bounds. */
async function goBack(
  { held }: Work,
  file: Named,
  { seconds, reason }: { seconds: number; reason: 'file_on_its_way' | 'file_in_process' },
): Promise<{ outcome: Outcome }> {
  if (file.returns >= MAX_FILE_RETURNS) throw new ServiceError('model_unavailable');
  const attempts = held.before?.attempts ?? 0;
  const modelFile = { ...file, returns: file.returns + 1 };
  held.lease.note({ modelFile });
  if (await held.lease.settle({ status: 'queued', attempts }))
    return { outcome: { kind: 'later', seconds, reason } };
  return { outcome: { kind: 'ignored', reason: 'lease_lost' } };
}

/** Removes what cannot be used, and keeps count. */
async function discard(work: Work, { name, uploads, returns }: ModelFile): Promise<ModelFile> {
  if (name === undefined) return { uploads, returns };
  // It goes by itself after two days.
  await work.deps.modelFiles.remove(name, work.bounds).catch(() => undefined);
  const rest = { uploads, returns };
  await note(work, rest);
  return rest;
}
