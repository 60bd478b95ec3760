import * as z from 'zod/mini';
import {
  dayOf,
  type Limits,
  limitsOf,
  type Period,
  resetOf,
  spentForGood,
  sumUp,
  toUsd,
} from '../budget/budget.ts';
import type { BudgetDeps } from '../budget/reservation.ts';
import type { Spending, SpendingMonth, Sums } from '../budget/spending-store.ts';
import { ServiceError } from '../errors.ts';

/** Days of one report: each month of them is one read of the table. */
const MAX_USAGE_DAYS = 366;
const DAY_MS = 86_400_000;

export interface UsageDeps extends BudgetDeps {
  spending: Pick<Spending, 'read'>;
}

/** Days of UTC, both included: this month up to today, unless they say otherwise. */
export const usageQuery = z.object({
  from: z.optional(z.iso.date()),
  to: z.optional(z.iso.date()),
});

/** @throws ServiceError `request_invalid` */
function chooseDays({ from, to }: z.output<typeof usageQuery>, today: string) {
  const last = to ?? today;
  const first = from ?? `${last.slice(0, 7)}-01`;
  const span = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (span >= 1 && span <= MAX_USAGE_DAYS) return { from: first, to: last };
  const message = `has to be at most ${MAX_USAGE_DAYS} days up to \`to\`, which is included`;
  const fields = [{ path: 'query.from', message }];
  throw new ServiceError('request_invalid', 'The days are not valid.', { fields });
}

/** What a client has used on each day that it used anything, all together, and what its budget leaves. */
export async function reportUsage(
  deps: UsageDeps,
  clientId: string,
  query: z.output<typeof usageQuery>,
) {
  const now = deps.now();
  const today = dayOf(now);
  const { from, to } = chooseDays(query, today);
  const reading = deps.spending.read(clientId, today);
  const read = (day: string) =>
    day.slice(0, 7) === today.slice(0, 7) ? reading : deps.spending.read(clientId, day);
  const [months, current, settings] = await Promise.all([
    Promise.all(listMonths(from, to).map(read)),
    reading,
    deps.settings.read(clientId),
  ]);
  const days = months
    .flatMap((month) => Object.entries(closeDead(month, now).days))
    .filter(([date]) => date >= from && date <= to);
  return {
    from,
    to,
    days: days.map(([date, sums]) => ({ date, ...showSums(sums) })),
    total: showSums(days.reduce((total, [, sums]) => addSums(total, sums), {})),
    budget: showBudget(limitsOf(deps.budget, settings.budget), current, now),
  };
}

/** The first day of each month. */
function listMonths(from: string, to: string): string[] {
  const months: string[] = [];
  const date = new Date(`${from.slice(0, 7)}-01`);
  for (; dayOf(date.getTime()) <= to; date.setUTCMonth(date.getUTCMonth() + 1))
    months.push(dayOf(date.getTime()));
  return months;
}

/** What dead workers had set aside, where nobody has come after them: it may have been spent. */
function closeDead({ days, reservations, ...rest }: SpendingMonth, now: number): SpendingMonth {
  const closed = { ...days };
  for (const { day, until, chargedMicroUsd } of Object.values(reservations)) {
    const sums = closed[day];
    if (until > now || !sums) continue;
    const unconfirmedMicroUsd = sums.unconfirmedMicroUsd + chargedMicroUsd;
    closed[day] = { ...sums, unconfirmedMicroUsd };
  }
  return { ...rest, days: closed, reservations };
}

function addSums(one: Partial<Sums>, other: Sums): Partial<Sums> {
  const entries = Object.entries(other) as [keyof Sums, number][]; // checked: a record of those names
  return Object.fromEntries(entries.map(([name, value]) => [name, (one[name] ?? 0) + value]));
}

function showSums(sums: Partial<Sums>) {
  const { succeeded = 0, failed = 0, rejected = 0, cached = 0, calls = 0, unpriced = 0 } = sums;
  const { inputTokens = 0, cachedTokens = 0, outputTokens = 0, thinkingTokens = 0 } = sums;
  return {
    analyses: { succeeded, failed, rejected, cached, unpriced },
    calls,
    inputTokens,
    cachedTokens,
    outputTokens,
    thinkingTokens,
    costUsd: toUsd(sums.costMicroUsd ?? 0),
    unconfirmedUsd: toUsd(sums.unconfirmedMicroUsd ?? 0),
  };
}

function showBudget(limits: Limits, month: SpendingMonth, now: number) {
  const spent = sumUp(month, dayOf(now), now);
  const used = spentForGood(spent);
  const show = (period: Period) => ({
    resetsAt: new Date(resetOf(period, now)).toISOString(),
    usd: {
      limit: showLimit(limits[period].chargedMicroUsd, toUsd),
      used: toUsd(used[period].chargedMicroUsd),
      reserved: toUsd(spent.held[period].chargedMicroUsd),
    },
    analyses: {
      limit: showLimit(limits[period].admitted),
      used: used[period].admitted,
      reserved: spent.held[period].admitted,
    },
  });
  return { day: show('day'), month: show('month') };
}

function showLimit(limit: number | undefined, show = (value: number) => value): number | null {
  return limit === undefined ? null : show(limit);
}
