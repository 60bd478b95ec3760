import { formatValue, type Row, type Table } from './harness/table.ts';

/** What a part is to come to. Of most of it nothing is asserted: times are another machine's on every machine. */
interface Target {
  part: string;
  /** The row of this name, or that goes on after it with a comma; left out: every row that has the column. */
  row?: string;
  column: string;
  most?: number;
  least?: number;
  /** The command ends with 1 where it is missed. */
  isFirm?: boolean;
}

/** Of every step. A task's time is the processor's; sizes in MiB are of scripts, after a collection. */
const PAGE: Record<string, number> = {
  'task CPU ms': 200,
  shift: 0.1,
  'heap MiB': 16,
  elements: 1_500,
};
const FIRST_VIEW: Record<string, number> = { requests: 16, 'script and style kB': 120 };

const PIPELINE: Record<string, number> = {
  'jpeg-12': 0.5,
  'jpeg-12-progressive': 0.7,
  'jpeg-24': 0.45,
  'jpeg-48': 0.38,
  'webp-12': 0.75,
  'jpeg-2-p3': 1,
  'jpeg-0.3': 1,
  'png-screenshot': 0.9,
};
const COLD: Record<string, number> = {
  'create-upload': 0.6,
  'get-analysis': 0.5,
  'process-upload': 0.75,
  'list-analyses': 0.5,
};

const TARGETS: Target[] = [
  ...atMost('pipeline', 'flask: × CPU', PIPELINE),
  { part: 'pipeline', column: 'tuned flask: × CPU', most: 0.9 },
  ...atMost('pipeline', 'tuned flask: × CPU', { 'jpeg-12': 0.4 }),
  ...atMost('pipeline', 'flask: × kB', { 'jpeg-12': 0.14, 'jpeg-48': 0.05 }),
  { part: 'pipeline', column: 'original: × kB', most: 1 },
  { part: 'pipeline', column: 'AWS calls', most: 8 },
  { part: 'core', column: 'PSNR, dB', least: 42 },
  ...atMost('memory', 'peak MiB', { '500: JPEG': 256, '500: … with AVIF': 384 }),
  { part: 'memory', column: 'growth MiB', most: 10 },
  ...atMost('cold', '× plain', COLD),
  { part: 'api', column: 'AWS calls', most: 2 },
  ...atMost('scale', '× at 100000', { get: 1.2, list: 1.2 }),
  { part: 'soak', column: 'last of first', least: 0.95 },
  { part: 'soak', column: 'slowest, of median', most: 10 },
  ...budget('page', PAGE),
  ...budget('page', FIRST_VIEW, 'first view'),
];

/** Of every row, where none is named. */
function budget(part: string, columns: Record<string, number>, row?: string): Target[] {
  return Object.entries(columns).map(([column, most]) => ({
    part,
    column,
    most,
    isFirm: true,
    ...(row && { row }),
  }));
}

function atMost(part: string, column: string, rows: Record<string, number>): Target[] {
  return Object.entries(rows).map(([row, most]) => ({ part, row, column, most }));
}

/** A target and what has come of it. */
export interface Verdict {
  row: string;
  column: string;
  value: number;
  most?: number | undefined;
  least?: number | undefined;
  isMet: boolean;
  isFirm: boolean;
}

/** What of the targets the table tells of. */
export function judge({ part, rows }: Table): Verdict[] {
  return TARGETS.filter((target) => target.part === part).flatMap((target) =>
    rows.flatMap((row) => judgeRow(target, row)),
  );
}

function judgeRow(
  { column, row: wanted, most, least, isFirm = false }: Target,
  row: Row,
): Verdict[] {
  const [name = ''] = Object.values(row).map(String);
  const value = row[column];
  const isWanted = wanted === undefined || `${name},`.startsWith(`${wanted},`);
  if (typeof value !== 'number' || !isWanted) return [];
  const isMet = value <= (most ?? value) && value >= (least ?? value);
  return [{ row: name, column, value, isMet, isFirm, most, least }];
}

/** `✗ jpeg-12, flask: × CPU 0.71: at most 0.5, missed by 42 %` */
export function describeVerdict({ row, column, value, isMet, most, least }: Verdict): string {
  const bound = most ?? least ?? NaN;
  const wanted = most === undefined ? `at least ${bound}` : `at most ${bound}`;
  const missed = `, missed by ${Math.ceil((100 * Math.abs(value - bound)) / bound)} %`;
  return `${isMet ? '✓' : '✗'} ${row}, ${column} ${formatValue(value)}: ${wanted}${isMet ? '' : missed}`;
}
