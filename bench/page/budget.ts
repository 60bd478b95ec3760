import type { Row } from '../harness/table.ts';

/** The most that any step may come to, by the table's columns. */
const BUDGET: Record<string, number> = {
  'task CPU ms': 200,
  shift: 0.1,
  'heap MiB': 16,
  elements: 1_500,
};
/** Of the first view alone. */
const FIRST_BUDGET: Record<string, number> = {
  requests: 16,
  'script and style kB': 120,
};

/** What of the rows is over the budget, in words; the first row is the first view. */
export function listExcesses(rows: readonly Row[]): string[] {
  return rows.flatMap((row, index) =>
    Object.entries({ ...BUDGET, ...(index === 0 && FIRST_BUDGET) }).flatMap(([column, most]) => {
      const value = Number(row[column]);
      return value <= most ? [] : [`${row.step}: ${column} ${round(value)} of ${most}`];
    }),
  );
}

export function describeBudget(): string {
  const list = (budget: Record<string, number>) =>
    Object.entries(budget).map(([column, most]) => `${column} ${most}`);
  return `budget: ${list(BUDGET).join(', ')}; of the first view ${list(FIRST_BUDGET).join(', ')}.`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
