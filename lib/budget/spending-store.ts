import * as z from 'zod/mini';
import { accepted, type Table, type Update } from '../aws/table.ts';

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
const ALL_SUMS = Object.keys(SUMS) as Sum[]; // checked: the very names
type Sum = keyof typeof SUMS;
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

function isBounded(sum: Sum): sum is Bounded {
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

/** How long the sums of a month are kept, in seconds (400 days): a year can be looked back on. */
const SPENDING_SECONDS = 34_560_000;

/** A reservation of nothing, which makes a count happen once. */
function noteFor(day: string): Reservation {
  return { token: 'counted', day, chargedMicroUsd: 0, admitted: 0, until: 0 };
}

/** The most that the counters may show before the write; left out, there is no limit. */
export interface Ceilings {
  day: { [Name in Bounded]?: number | undefined };
  month: { [Name in Bounded]?: number | undefined };
}

/**
 * What a client spends: one item for each month, so that one conditional write holds the limits of the day
 * and of the month. Days are UTC's. A refused condition answers false.
 */
export type Spending = ReturnType<typeof createSpending>;

export function createSpending(table: Table, TableName: string) {
  const keyOf = (clientId: string, day: string) => ({
    TableName,
    Key: { pk: `spending#${clientId}#${day.slice(0, 7)}` },
  });

  async function update(clientId: string, day: string, change: MonthChange): Promise<boolean> {
    const command = { ...keyOf(clientId, day), ...describeChange(day, change) };
    return accepted(table.update(command));
  }

  return {
    /** The month that the day is in. */
    async read(clientId: string, day: string): Promise<SpendingMonth> {
      const get = { ...keyOf(clientId, day), ConsistentRead: true };
      const { Item = {} } = await table.get(get);
      return parseMonth(day.slice(0, 7), Item);
    },

    /** Sets something aside for an analysis that has nothing yet, where that stays beneath the ceilings. */
    async reserve(clientId: string, id: string, held: Reservation, ceilings: Ceilings) {
      const { chargedMicroUsd, admitted } = held;
      const change = { id, set: held, add: { chargedMicroUsd, admitted }, ceilings };
      return update(clientId, held.day, change);
    },

    /** Makes a reservation larger, once however often it is sent. */
    async raise(
      clientId: string,
      id: string,
      [from, to]: [Reservation, Reservation],
      ceilings: Ceilings,
    ) {
      const add = { chargedMicroUsd: to.chargedMicroUsd - from.chargedMicroUsd };
      return update(clientId, from.day, { id, set: to, add, only: from, ceilings });
    },

    /** Ends a reservation: puts what came of it in its place. False where it is ended, by this call or another. */
    async settle(clientId: string, id: string, held: Reservation, amounts: Amounts) {
      const add = {
        ...amounts,
        chargedMicroUsd: (amounts.chargedMicroUsd ?? 0) - held.chargedMicroUsd,
        admitted: (amounts.admitted ?? 0) - held.admitted,
      };
      return update(clientId, held.day, { id, add, only: held });
    },

    /** Notes that an analysis is to be counted for which nothing was set aside. */
    async note(clientId: string, id: string, day: string): Promise<void> {
      await update(clientId, day, { id, set: noteFor(day), add: {} });
    },

    /** Counts one that is noted, once however often it is sent. */
    async countNoted(clientId: string, id: string, day: string, amounts: Amounts): Promise<void> {
      await update(clientId, day, { id, add: amounts, only: noteFor(day) });
    },
  };
}

interface MonthChange {
  add: Amounts;
  /** The analysis whose reservation is set, or removed. */
  id?: string;
  set?: Reservation;
  /** Only while the reservation is this one; without it one that is set has to be the first. */
  only?: Reservation;
  ceilings?: Ceilings;
}

type Described = Omit<Update, 'TableName' | 'Key'>;

function describeChange(day: string, { id, set, only, ...change }: MonthChange): Described {
  const added = listAdded(day, change.add);
  const bounds = listBounds(day, change.ceilings);
  const conditions = [
    ...(only ? ['#held.#token = :token', '#held.#charged = :charged'] : []),
    ...(set && !only ? ['attribute_not_exists(#held)'] : []),
    ...bounds.map(({ name }) => `(attribute_not_exists(#${name}) OR #${name} <= :max${name})`),
  ];
  const assignments = ['#expiresAt = :expiresAt', ...(set ? ['#held = :held'] : [])];
  const counters = new Set([...added, ...bounds].map(({ name }) => name));
  return {
    UpdateExpression: [
      `SET ${assignments}`,
      ...(id && !set ? ['REMOVE #held'] : []),
      ...(added.length > 0 ? [`ADD ${added.map(({ name }) => `#${name} :${name}`)}`] : []),
    ].join(' '),
    ...(conditions.length > 0 ? { ConditionExpression: conditions.join(' AND ') } : {}),
    ExpressionAttributeNames: {
      '#expiresAt': 'expiresAt',
      ...(id ? { '#held': nameReservation(id) } : {}),
      ...(only ? { '#token': 'token', '#charged': 'chargedMicroUsd' } : {}),
      ...Object.fromEntries([...counters].map((name) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ':expiresAt': Math.floor(Date.parse(day) / 1000) + SPENDING_SECONDS,
      ...(set ? { ':held': set } : {}),
      ...(only ? { ':token': only.token, ':charged': only.chargedMicroUsd } : {}),
      ...Object.fromEntries(added.map(({ name, value }) => [`:${name}`, value])),
      ...Object.fromEntries(bounds.map(({ name, value }) => [`:max${name}`, value])),
    },
  };
}

interface Counter {
  /** In the table. */
  name: string;
  value: number;
}

/** The counters of the day, and for what a budget limits those of the month. */
function listAdded(day: string, amounts: Amounts): Counter[] {
  return ALL_SUMS.flatMap((sum) => {
    const value = amounts[sum];
    if (!value) return [];
    const ofDay = { name: nameSum(sum, day), value };
    return isBounded(sum) ? [ofDay, { name: nameSum(sum), value }] : [ofDay];
  });
}

function listBounds(day: string, ceilings: Ceilings | undefined): Counter[] {
  return BOUNDED.flatMap((sum) => [
    ...boundBy(nameSum(sum, day), ceilings?.day[sum]),
    ...boundBy(nameSum(sum), ceilings?.month[sum]),
  ]);
}

function boundBy(name: string, value: number | undefined): Counter[] {
  return value === undefined ? [] : [{ name, value }];
}
