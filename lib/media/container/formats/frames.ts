/** The length of the frame that begins there, in bytes; undefined where none does. */
type MeasureFrame = (bytes: Uint8Array, at: number) => number | undefined;

/** Bytes of the head of a frame, as far as it tells the frame's length. */
export const FRAME_HEAD_BYTES = 7;

/**
 * Whether a file begins with one frame and then another: sound without a container begins with two bytes that may
 * stand anywhere.
 */
export function isFollowed(bytes: Uint8Array, measure: MeasureFrame): boolean {
  const length = measure(bytes, 0);
  if (length === undefined) return false;
  return length + FRAME_HEAD_BYTES > bytes.length || measure(bytes, length) !== undefined;
}
