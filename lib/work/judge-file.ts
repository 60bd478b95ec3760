import { MAX_FILE_UPLOADS } from '../analysis.ts';
import type { StoredFile } from '../gemini/file-answer.ts';

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
  /** What was sent. */
  sent: { bytes: number; sha256: string | undefined };
  /** How often it was, this one included. */
  uploads: number;
  /** Epoch milliseconds. */
  now: number;
}

/** What to do about a file that was sent to the model, by docs/states.md. */
export function judgeFile({ stored, sent, uploads, now }: JudgedFile): FileVerdict {
  if (!stored || isOther(stored, sent)) return 'again';
  if ((stored.expiresAt ?? Number.POSITIVE_INFINITY) < now + MIN_LIFE_MS) return 'again';
  if (stored.state === 'PROCESSING') return 'in_process';
  if (stored.state === 'ACTIVE') return 'ready';
  // FAILED may be a fault on its side; twice, it is the file.
  return uploads > 1 ? 'unreadable' : 'again';
}

/** Whether it is to be sent at all. */
export function maySend(uploads: number): boolean {
  return uploads < MAX_FILE_UPLOADS;
}

function isOther(stored: StoredFile, sent: JudgedFile['sent']): boolean {
  const { bytes = sent.bytes, sha256 = sent.sha256 } = stored;
  return bytes !== sent.bytes || sha256 !== sent.sha256;
}
