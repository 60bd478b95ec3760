import { ServiceError } from '../errors.ts';
import { retry, type Sleep } from '../retry.ts';
import { BACKOFF, remedyOf } from './errors.ts';
import type { CallBounds, ModelFiles, UploadSession } from './files.ts';
import { TRIES_OF_FILE_PIECE } from './limits.ts';

/** What is sent, by ranges; `end` is not part of one. */
interface FileSource {
  bytes: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

export interface SendOptions extends CallBounds {
  /** Asked after every piece, with what it took in milliseconds: whether the rest is left to another time. */
  mustPause?(pieceMs: number): boolean;
  sleep?: Sleep;
}

/**
 * Sends what Gemini does not have yet of a file, from where its server says. At most two pieces are in
 * memory: one on its way, and the next one being read. After a fault the server is asked again how much
 * has come. `gone`: the upload cannot be gone on with.
 */
export async function sendFile(
  files: Pick<ModelFiles, 'findProgress' | 'send'>,
  { uploadUrl, pieceBytes }: Omit<UploadSession, 'name'>,
  source: FileSource,
  options: SendOptions,
): Promise<'final' | 'gone' | 'paused'> {
  const { signal, deadline, mustPause = () => false } = options;
  const bounds = { signal, deadline };
  const take = readAhead(source, pieceBytes);
  let known: number | undefined;

  async function sendNext(): Promise<number | 'final' | 'gone'> {
    const offset = known ?? (await files.findProgress(uploadUrl, bounds));
    if (typeof offset !== 'number') return offset;
    if (offset > source.bytes) return 'gone';
    known = undefined; // until this piece has been acknowledged
    const end = endOfPiece(offset, pieceBytes, source.bytes);
    const isLast = end === source.bytes;
    await files.send(uploadUrl, { bytes: await take(offset, end), offset, isLast }, bounds);
    return isLast ? 'final' : end;
  }

  for (;;) {
    const began = performance.now();
    const progress = await retry(sendNext, describeRetry(options));
    if (typeof progress !== 'number') return progress;
    known = progress;
    if (mustPause(performance.now() - began)) return 'paused';
  }
}

/** Every piece but the last ends at a multiple of its size, wherever a fault has left the one before. */
function endOfPiece(offset: number, pieceBytes: number, bytes: number): number {
  return Math.min(bytes, (Math.floor(offset / pieceBytes) + 1) * pieceBytes);
}

function describeRetry({ signal, deadline, sleep }: SendOptions) {
  return {
    ...BACKOFF,
    tries: TRIES_OF_FILE_PIECE,
    deadline,
    signal,
    isRetryable,
    ...(sleep && { sleep }),
  };
}

/** A refusal, too: the server may have more, or less, of the file than was thought. */
function isRetryable(error: unknown): boolean {
  const isRefusal = error instanceof ServiceError && error.code === 'model_request_refused';
  return isRefusal || remedyOf(error) !== 'stop';
}

/** Reads a piece, and the one after it while the first is under way. */
function readAhead({ bytes, read }: FileSource, pieceBytes: number) {
  let ahead: { start: number; end: number; piece: Promise<Uint8Array> } | undefined;
  return async (start: number, end: number): Promise<Uint8Array> => {
    const isRead = ahead?.start === start && ahead.end === end;
    const piece = await (isRead && ahead ? ahead.piece : read(start, end));
    if (piece.length !== end - start) throw new Error(`Not the bytes ${start}–${end}`);
    ahead = undefined;
    if (end < bytes) {
      const next = { start: end, end: Math.min(bytes, end + pieceBytes) };
      ahead = { ...next, piece: read(next.start, next.end) };
      ahead.piece.catch(() => undefined); // thrown where it is taken
    }
    return piece;
  };
}
