/** 4 MB. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** The sha256 of a file of any size, of which little is held at a time. `onPiece` is told the bytes so far; what it throws ends it. */
export async function digestPieces(
  file: Blob,
  onPiece: (done: number) => void,
): Promise<Uint8Array> {
  const { sha256 } = await import('@noble/hashes/sha2.js'); // the browser's own takes no pieces
  const hash = sha256.create();
  for (let done = 0; done < file.size; done += PIECE_BYTES) {
    onPiece(done);
    const piece = file.slice(done, done + PIECE_BYTES);
    hash.update(new Uint8Array(await piece.arrayBuffer()));
  }
  return hash.digest();
}
