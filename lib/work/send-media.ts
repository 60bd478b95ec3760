import type { MediaFile } from '../media/file.ts';
import type { Prepared } from '../media/medium.ts';
import { HELD_BYTES } from './digest.ts';

/** How the file comes to the model: the one place that decides it. */
export async function sendMedia(
  prepared: Prepared,
  file: MediaFile,
): Promise<{ mediaType: string; bytes: Uint8Array }> {
  if ('bytes' in prepared) return prepared;
  return { mediaType: prepared.mediaType, bytes: await file.readAll(HELD_BYTES) };
}
