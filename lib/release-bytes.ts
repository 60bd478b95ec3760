/**
 * Gives the memory of bytes back that nobody looks at any more, now or later: none are left of them. Left to the
 * collector of garbage, megabytes that are not on its heap make it search all of that, for every few pictures,
 * and are kept until then. Bytes that share their memory stay.
 */
export function releaseBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
