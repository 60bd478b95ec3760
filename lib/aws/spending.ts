import { accepted } from './conditions.ts';
import {
  ALL_SUMS,
  type Amounts,
  BOUNDED,
  type Bounded,
  isBounded,
  nameReservation,
  nameSum,
  parseMonth,
  type Reservation,
  type SpendingMonth,
} from './spending-month.ts';
import type { Table, Update } from './table.ts';

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
