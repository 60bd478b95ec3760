import type { ClientSettings } from '../auth/client-settings.ts';
import { ServiceError } from '../errors.ts';
import {
  BOUNDED,
  type Bounded,
  type Ceilings,
  type SpendingMonth,
  type Sums,
} from './spending-store.ts';

/** A client's budget, in USD and analyses; an absent field is unlimited. */
export type Budget = NonNullable<ClientSettings['budget']>;
export type Period = 'day' | 'month';
export type Need = Pick<Sums, Bounded>;
/** The most that may be charged, in the table's units. */
export type Limits = Record<Period, { [Name in Bounded]?: number | undefined }>;

const PERIODS = ['month', 'day'] as const; // the one that lasts longer says when it is worth coming back
const MICRO = 1_000_000;

/** Whole millionths of a dollar, rounded up: a budget bears rather more than less. */
export function toMicroUsd(usd: number): number {
  return Math.ceil(Number((usd * MICRO).toFixed(3)));
}

export function toUsd(microUsd: number): number {
  return microUsd / MICRO;
}

/** The day in UTC: 2026-11-22. `now` in epoch milliseconds. */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/** When the period that `now` is in ends, in epoch milliseconds. */
export function resetOf(period: Period, now: number): number {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return period === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1);
}

/** The client's own limits before those of the stage. */
export function limitsOf(stage: Budget, own: Budget = {}): Limits {
  const { dayUsd, monthUsd, dayAnalyses, monthAnalyses } = { ...stage, ...own };
  return {
    day: { chargedMicroUsd: roundUsd(dayUsd), admitted: dayAnalyses },
    month: { chargedMicroUsd: roundUsd(monthUsd), admitted: monthAnalyses },
  };
}

/** The most that one analysis may cost, in the table's units: the client's word, and no more than its budget says. */
export function capOf(stage: Budget, own: Budget = {}, maxUsd?: number): number | undefined {
  const { analysisUsd } = { ...stage, ...own };
  const caps = [roundUsd(analysisUsd), roundUsd(maxUsd)].filter((cap) => cap !== undefined);
  return caps.length > 0 ? Math.min(...caps) : undefined;
}

function roundUsd(usd: number | undefined): number | undefined {
  return usd === undefined ? undefined : Math.round(usd * MICRO);
}

export function isLimited(limits: Limits): boolean {
  return PERIODS.some((period) => BOUNDED.some((sum) => limits[period][sum] !== undefined));
}

/** The highest counters at which the needed amount may still be reserved. */
export function ceilingsOf(limits: Limits, need: Need): Ceilings {
  const lower = ({ chargedMicroUsd, admitted }: Limits[Period]) => ({
    chargedMicroUsd: subtract(chargedMicroUsd, need.chargedMicroUsd),
    admitted: subtract(admitted, need.admitted),
  });
  return { day: lower(limits.day), month: lower(limits.month) };
}

function subtract(limit: number | undefined, need: number): number | undefined {
  return limit === undefined ? undefined : limit - need;
}

/** The period whose budget has no room for the need; undefined if both have. */
export function findExhausted(limits: Limits, spent: Record<Period, Need>, need: Need) {
  return PERIODS.find((period) =>
    BOUNDED.some((sum) => {
      const limit = limits[period][sum];
      return limit !== undefined && spent[period][sum] + need[sum] > limit;
    }),
  );
}

interface Spent {
  /** All charges, reservations included. */
  charged: Record<Period, Need>;
  /** Reservations of living workers: the unused part is released when they end. */
  held: Record<Period, Need>;
}

/** Sums of the day and its month. `now` in epoch milliseconds. */
export function sumUp(
  { month, days, reservations }: SpendingMonth,
  day: string,
  now: number,
): Spent {
  const alive = Object.values(reservations).filter(({ until }) => until > now);
  const charged = { day: days[day] ?? NOTHING, month };
  return {
    charged,
    held: { day: addUp(alive.filter((held) => held.day === day)), month: addUp(alive) },
  };
}

export const NOTHING: Need = { chargedMicroUsd: 0, admitted: 0 };

function addUp(needs: readonly Need[]): Need {
  return needs.reduce((sum, need) => combine(sum, need, 1), NOTHING);
}

/** Charges that are final, without the reservations of living workers. */
export function spentForGood({ charged, held }: Spent): Record<Period, Need> {
  return { day: combine(charged.day, held.day, -1), month: combine(charged.month, held.month, -1) };
}

function combine(one: Need, other: Need, sign: 1 | -1): Need {
  return {
    chargedMicroUsd: one.chargedMicroUsd + sign * other.chargedMicroUsd,
    admitted: one.admitted + sign * other.admitted,
  };
}

/** An analysis that may cost more than it is allowed to: not asked for, and not worth another try. */
export function tooDear(mostMicroUsd: number, capMicroUsd: number): ServiceError {
  const [most, cap] = [toUsd(mostMicroUsd), toUsd(capMicroUsd)];
  const message = `The analysis may cost up to ${most} USD, and at most ${cap} USD are allowed: choose fewer pages or a shorter clip, or raise maxUsd or the budget.`;
  return new ServiceError('request_invalid', message);
}

/** The error for a used-up budget, with the time of its reset. */
export function exhausted(period: Period, now: number): ServiceError {
  const reset = resetOf(period, now);
  const resetsAt = new Date(reset).toISOString();
  const message = `The budget of this ${period} is used up; it is reset at ${resetsAt}.`;
  return new ServiceError('budget_exhausted', message, {
    retryAfterSeconds: (reset - now) / 1000,
    resetsAt,
  });
}
