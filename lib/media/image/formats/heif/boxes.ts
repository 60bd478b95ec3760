const BOX_HEAD_BYTES = 8;
/** Real files have fewer than ten, on each level. */
const MAX_BOXES = 1_000;

/** A box of an ISO base media file: where what is in it starts and ends. */
export interface Box {
  type: string;
  start: number;
  end: number;
}

/** The boxes between two places (ISO/IEC 14496-12, 4.2). What does not look like a box, behind others, was appended and is nobody's. */
export function listBoxes(view: Buffer, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  let at = from;
  while (at + BOX_HEAD_BYTES <= to && boxes.length < MAX_BOXES) {
    const type = view.toString('latin1', at + 4, at + BOX_HEAD_BYTES);
    if (!/^[ -~]{4}$/.test(type)) break;
    const { head, size } = readSize(view, at, to);
    if (size < head) break;
    boxes.push({ type, start: at + head, end: at + size });
    at += size;
  }
  return boxes;
}

export function findBox(view: Buffer, { start, end }: Box, type: string): Box | undefined {
  const found = listBoxes(view, start, end).find((box) => box.type === type);
  return found && { ...found, end: Math.min(found.end, end) };
}

/** The box at the end of a path, from the outermost one. */
export function findPath(view: Buffer, path: readonly string[]): Box | undefined {
  const file: Box = { type: 'file', start: 0, end: view.length };
  return path.reduce<Box | undefined>((outer, type) => outer && findBox(view, outer, type), file);
}

/** Sizes: 0 means up to the end, 1 that a size of 64 bits follows. */
function readSize(view: Buffer, at: number, to: number): { head: number; size: number } {
  const size = view.readUInt32BE(at);
  if (size === 0) return { head: BOX_HEAD_BYTES, size: to - at };
  if (size !== 1) return { head: BOX_HEAD_BYTES, size };
  const head = BOX_HEAD_BYTES + 8;
  return { head, size: at + head <= to ? Number(view.readBigUInt64BE(at + BOX_HEAD_BYTES)) : head };
}
