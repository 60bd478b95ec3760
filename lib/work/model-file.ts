import { MAX_FILE_RETURNS, type ModelFile } from '../analysis.ts';
import { ServiceError } from '../errors.ts';
import type { ModelFiles } from '../gemini/files.ts';
import { sendFile } from '../gemini/send-file.ts';
import type { MediaFile } from '../media/medium.ts';
import { type Outcome, waitDelaySeconds } from '../outcome.ts';
import { judgeFile, maySend } from './judge-file.ts';
import type { Held } from './settle.ts';

/** Left for the last write of a worker that hands over, in milliseconds; a piece more has to fit in before. */
const HAND_OVER_MS = 10_000;
/** A worker that has sent a file asks about it only with so much time left, in milliseconds: one whole call. */
const ASK_MS = 60_000;

export interface ModelFileDeps {
  modelFiles: ModelFiles;
  now(): number;
}

export interface Original {
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
  held: Held,
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
  held: Held;
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
