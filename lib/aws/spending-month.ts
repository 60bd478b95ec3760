import * as z from 'zod/mini';

/** Begins the name of an attribute that is a reservation. */
const HELD = 'held#';

/**
 * What is summed for a day, by the letters that stand for it in the table: a write is billed by the size
 * of the item, and this one holds a month. Money is in whole millionths of a dollar.
 */
const SUMS = {
  succeeded: 'su',
  failed: 'fa',
  rejected: 're',
  /** Of those that succeeded, the ones that the model was not asked for. */
  cached: 'ca',
  calls: 'cl',
  inputTokens: 'in',
  outputTokens: 'ou',
  thinkingTokens: 'th',
  cachedTokens: 'ct',
  costMicroUsd: 'co',
  /** Analyses whose cost is not known, for want of a price. */
  unpriced: 'up',
  /** What workers that died may have spent, at most. */
  unconfirmedMicroUsd: 'un',
  /** What a budget has to bear: the cost, of what is still asked the bound, of what has no price the dearest. */
  chargedMicroUsd: 'ch',
  /** Analyses that the model was asked for, or is. */
  admitted: 'ad',
} as const;
export const ALL_SUMS = Object.keys(SUMS) as Sum[]; // checked: the very names
export type Sum = keyof typeof SUMS;
export type Sums = Record<Sum, number>;
export type Amounts = { [Name in Sum]?: number | undefined };

/** Those that the limits of a budget are about: kept for the month, too. */
export const BOUNDED = ['chargedMicroUsd', 'admitted'] as const;
export type Bounded = (typeof BOUNDED)[number];

/** What was set aside for an analysis before the model is asked. */
const reservation = z.object({
  /** The worker's lease. */
  token: z.string(),
  /** The day it is charged to: 2026-11-22. */
  day: z.string(),
  chargedMicroUsd: z.number(),
  admitted: z.number(),
  /** Epoch milliseconds: later, its worker is dead. */
  until: z.number(),
});
export type Reservation = z.infer<typeof reservation>;

export interface SpendingMonth {
  month: Pick<Sums, Bounded>;
  /** By date. */
  days: Record<string, Sums>;
  /** By the analysis' id. */
  reservations: Record<string, Reservation>;
}

/** `d22ch`: what the 22nd is charged; `mch`: the month. */
export function nameSum(sum: Sum, day?: string): string {
  return `${day ? `d${day.slice(8)}` : 'm'}${SUMS[sum]}`;
}

export function isBounded(sum: Sum): sum is Bounded {
  return (BOUNDED as readonly Sum[]).includes(sum);
}

/** What the item of a month says; without one, nothing was spent. */
export function parseMonth(month: string, item: Record<string, unknown>): SpendingMonth {
  const names = Object.keys(item);
  const dates = names.flatMap((name) => /^d(\d\d)/.exec(name)?.[1] ?? []);
  const held = names.filter((name) => name.startsWith(HELD));
  return {
    month: { chargedMicroUsd: read('chargedMicroUsd'), admitted: read('admitted') },
    days: Object.fromEntries(
      [...new Set(dates)].sort().map((date) => [`${month}-${date}`, readDay(`${month}-${date}`)]),
    ),
    reservations: Object.fromEntries(
      held.map((name) => [name.slice(HELD.length), reservation.parse(item[name])]),
    ),
  };

  function read(sum: Sum, day?: string): number {
    const value = item[nameSum(sum, day)];
    return typeof value === 'number' ? value : 0;
  }

  function readDay(day: string): Sums {
    const entries = ALL_SUMS.map((sum) => [sum, read(sum, day)]);
    return Object.fromEntries(entries) as Sums; // checked: one entry for each name
  }
}

export function nameReservation(id: string): string {
  return `${HELD}${id}`;
}
