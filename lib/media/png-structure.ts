const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_FRAME_BYTES = 12;

/** Does the chain of chunks reach `IEND`? A decoder that stops at the last row does not notice. */
export function isPngComplete(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_FRAME_BYTES <= view.length) {
    if (view.toString('latin1', at + 4, at + 8) === 'IEND') return true;
    at += CHUNK_FRAME_BYTES + view.readUInt32BE(at);
  }
  return false;
}
