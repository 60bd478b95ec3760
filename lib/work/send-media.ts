import { createHash } from 'node:crypto';
import type { Outcome } from '../analysis/outcome.ts';
import type { MediumName } from '../analysis/source.ts';
import type { MediaFile, Prepared } from '../media/medium.ts';
import type { Media } from '../model/model.ts';
import { type ModelFileDeps, storeModelFile } from './model-file.ts';
import type { HeldAnalysis } from './settle.ts';

/**
 * Files up to so many bytes (25 MiB) are held whole, and so are read by one call; as large as pictures may
 * be. Of larger ones, never more than pieces are in memory.
 */
const HELD_BYTES = 26_214_400;
/** Bytes of a file that is read piece by piece (8 MiB): few calls, little memory. */
const PIECE_BYTES = 8_388_608;

/** The SHA-256 of a file, in hexadecimal digits. */
export async function digestFile(file: MediaFile): Promise<string> {
  const hash = createHash('sha256');
  if (file.bytes <= HELD_BYTES) return hash.update(await file.readAll(HELD_BYTES)).digest('hex');
  for (let start = 0; start < file.bytes; start += PIECE_BYTES)
    hash.update(await file.read(start, start + PIECE_BYTES));
  return hash.digest('hex');
}

/**
 * Up to so many bytes a file goes along with the question, every time that it is asked; a larger one is
 * stored at the model before, once. Gemini takes 100 MB of base64 in a request; these are what is not
 * dear to send again, and what is held in memory anyway.
 */
const MAX_INLINE_BYTES: Record<MediumName, number> = {
  image: HELD_BYTES,
  document: 16_777_216,
  audio: 16_777_216,
  video: 16_777_216,
};

export type SendMediaDeps = ModelFileDeps;

interface ToSend {
  medium: MediumName;
  prepared: Prepared;
  file: MediaFile & { eTag: string | undefined };
  /** Of the file, in hexadecimal digits. */
  sha256: string | undefined;
}

/**
 * How the media come to the model: the one place that decides it. The outcome where the message has to
 * come again first. `deadline` in epoch milliseconds.
 */
export async function sendMedia(
  deps: SendMediaDeps,
  held: HeldAnalysis,
  { medium, prepared, file, sha256 }: ToSend,
  deadline: number,
): Promise<{ media: Media } | { outcome: Outcome }> {
  if ('bytes' in prepared) return { media: prepared }; // made anew, and held
  const { mediaType } = prepared;
  const most = MAX_INLINE_BYTES[medium];
  if (file.bytes <= most) return { media: { mediaType, bytes: await file.readAll(most) } };
  const stored = await storeModelFile(deps, held, { mediaType, file, sha256 }, deadline);
  return 'outcome' in stored ? stored : { media: { mediaType, uri: stored.uri } };
}
