import { listSegments } from './markers.ts';

const BASELINE = [0xc0, 0xc1];
const DHT = 0xc4;
const SOS = 0xda;
const DRI = 0xdd;
const TABLE_HEAD_BYTES = 17;
const BLOCK_EDGE = 8;

/** The one scan of a JPEG whose blocks stand in it all together, in Huffman's codes. */
export interface BaselineScan {
  /** Where its coded data starts. */
  data: number;
  /** Groups of blocks (MCUs), in all and from one restart to the next. */
  groups: number;
  interval: number;
  /** The tables of each block of a group, as they stand in `DHT`. */
  blocks: readonly { dc: Uint8Array; ac: Uint8Array }[];
  /** Does one colour value stand for two by two pixels, as most cameras write it? */
  isHalved: boolean;
}

interface Component {
  id: number;
  across: number;
  down: number;
}

/** Undefined for every other kind, and for one that makes no sense (ITU-R T.81, annex B). */
export function readBaselineScan(bytes: Uint8Array): BaselineScan | undefined {
  const tables = new Map<number, Uint8Array>();
  let frame: { width: number; height: number; components: Component[] } | undefined;
  let interval = 0;
  for (const { marker, data, end } of listSegments(bytes)) {
    if (BASELINE.includes(marker)) frame = readFrame(data);
    else if (marker === DHT) readTables(data, tables);
    else if (marker === DRI) interval = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    else if (marker === SOS)
      return frame && describeScan({ ...frame, tables, interval, data, end });
  }
  return undefined;
}

function readFrame(data: Uint8Array) {
  const view = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (data.length < 6 || data.length < 6 + 3 * (data[5] ?? 0)) return undefined;
  const components = Array.from({ length: data[5] ?? 0 }, (_, index) => {
    const [id = 0, sampling = 0] = data.subarray(6 + 3 * index);
    return { id, across: sampling >> 4, down: sampling & 15 };
  });
  return { width: view.readUInt16BE(3), height: view.readUInt16BE(1), components };
}

/** By their numbers, those for AC plus 16. */
function readTables(data: Uint8Array, tables: Map<number, Uint8Array>): void {
  for (let at = 0; at + TABLE_HEAD_BYTES <= data.length; ) {
    const counts = data.subarray(at + 1, at + TABLE_HEAD_BYTES);
    const end = at + TABLE_HEAD_BYTES + counts.reduce((sum, count) => sum + count, 0);
    tables.set(data[at] ?? 0, data.subarray(at + 1, end));
    at = end;
  }
}

function describeScan(scan: {
  width: number;
  height: number;
  components: Component[];
  tables: ReadonlyMap<number, Uint8Array>;
  interval: number;
  data: Uint8Array;
  end: number;
}): BaselineScan | undefined {
  const { width, height, components, tables, data, end } = scan;
  const isWhole = data[0] === components.length;
  const single = components.length === 1;
  const blocks = components.flatMap(({ id, across, down }, index) => {
    const [chosen, numbers = 0] = data.subarray(1 + 2 * index);
    const [dc, ac] = [tables.get(numbers >> 4), tables.get(16 + (numbers & 15))];
    if (chosen !== id || !dc || !ac) return [];
    return Array.from({ length: single ? 1 : across * down }, () => ({ dc, ac }));
  });
  const most = (pick: (component: Component) => number) =>
    single ? 1 : Math.max(...components.map(pick));
  const [across, down] = [most((component) => component.across), most(({ down }) => down)];
  const expected = components.reduce((sum, one) => sum + (single ? 1 : one.across * one.down), 0);
  if (!isWhole || blocks.length !== expected || expected === 0) return undefined;
  const groups = Math.ceil(width / (BLOCK_EDGE * across)) * Math.ceil(height / (BLOCK_EDGE * down));
  const isHalved = components.length === 3 && across === 2 && down === 2;
  return { data: end, groups, interval: scan.interval || groups, blocks, isHalved };
}
