import type { Measured } from './rounds.ts';

export type Row = Record<string, string | number | undefined>;

/** All rounds of one picture, for whoever wants more than the table shows. */
export interface PictureCosts {
  picture: string;
  measured: Measured[];
}

/** What a part has found: figures to print and to write, and what has to be said beside them. */
export interface Table {
  part: string;
  rows: Row[];
  /** What was left out and why, what a column means. */
  notes: string[];
  /** Written, not printed. */
  costs?: PictureCosts[];
}

/** As Markdown, so that it can go into a document as it is. */
export function formatTable({ part, rows, notes }: Table): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((name) => formatValue(row[name])))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  const isNumber = columns.map((name) => rows.some((row) => typeof row[name] === 'number'));
  const pad = (text: string, index: number) =>
    isNumber[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  const format = (cells: string[]) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, index) =>
    isNumber[index] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  const [head = [], ...body] = lines;
  const table = [format(head), `| ${rule.join(' | ')} |`, ...body.map(format)];
  const shown = rows.length > 0 ? [...table, ''] : [];
  return [`## ${part}`, '', ...shown, ...notes.map((note) => `- ${note}`)].join('\n');
}

/** Three digits say as much as the measurement does. */
export function formatValue(value: string | number | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
