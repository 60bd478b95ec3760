import { createHash } from 'node:crypto';
import type { MediaFile } from '../media/medium.ts';

/**
 * Files up to so many bytes (25 MiB) are held whole, and so are read by one call; as large as pictures may
 * be. Of larger ones, never more than pieces are in memory.
 */
export const HELD_BYTES = 26_214_400;
/** Bytes of a file that is read piece by piece (8 MiB): few calls, little memory. */
export const PIECE_BYTES = 8_388_608;

/** The SHA-256 of a file, in hexadecimal digits. */
export async function digestFile(file: MediaFile): Promise<string> {
  const hash = createHash('sha256');
  if (file.bytes <= HELD_BYTES) return hash.update(await file.readAll(HELD_BYTES)).digest('hex');
  for (let start = 0; start < file.bytes; start += PIECE_BYTES)
    hash.update(await file.read(start, start + PIECE_BYTES));
  return hash.digest('hex');
}
