import type { AnalysisRecord } from '../analysis.ts';
import type { Spending } from '../aws/spending.ts';
import type { Reservation, SpendingMonth } from '../aws/spending-month.ts';
import { ServiceError } from '../errors.ts';
import {
  ceilingsOf,
  exhausted,
  findExhausted,
  type Limits,
  type Need,
  NOTHING,
  spentForGood,
  sumUp,
} from './budget.ts';

/** Writes tried for one reservation, where others come and go at the same moment. */
const MAX_TRIES = 5;

export interface SetAsideDeps {
  spending: Spending;
  now(): number;
}

export type Claimed = Pick<AnalysisRecord, 'id' | 'clientId' | 'maxUsd' | 'usage'> & {
  leaseToken: string;
};

/** From what is set aside to what has to be. */
interface Step {
  held: Reservation | undefined;
  wanted: Reservation;
}

/**
 * Makes or enlarges the reservation of an analysis, within the limits.
 * @throws ServiceError `budget_exhausted`: for good with `resetsAt`, else while others may give something back
 */
export async function setAside(deps: SetAsideDeps, record: Claimed, limits: Limits, step: Step) {
  const { spending, now } = deps;
  const { held, wanted } = step;
  const never = findExhausted(limits, { day: NOTHING, month: NOTHING }, wanted);
  if (never) throw exhausted(never, now());
  const ceilings = ceilingsOf(limits, growth(step));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const written = held
      ? await spending.raise(record.clientId, record.id, [held, wanted], ceilings)
      : await spending.reserve(record.clientId, record.id, wanted, ceilings);
    if (written) return;
    const month = await spending.read(record.clientId, wanted.day);
    const found = month.reservations[record.id];
    if (isSame(found, wanted)) return; // written, and only the answer was lost
    if (found && !isSame(found, held)) await bury(deps, record, found, wanted);
    else refuse(month, limits, step, now());
  }
  throw underWay();
}

function isSame(one: Reservation | undefined, other: Reservation | undefined): boolean {
  return one?.token === other?.token && one?.chargedMicroUsd === other?.chargedMicroUsd;
}

/**
 * What a dead worker had set aside for this analysis. It may have asked the model, so the money counts as
 * spent; the analysis does not: it is counted again now.
 */
async function bury(deps: SetAsideDeps, record: Claimed, dead: Reservation, wanted: Reservation) {
  if (dead.until > wanted.until)
    throw new ServiceError('internal', 'Another worker has taken over.');
  const { chargedMicroUsd } = dead;
  const amounts = { chargedMicroUsd, unconfirmedMicroUsd: chargedMicroUsd };
  await deps.spending.settle(record.clientId, record.id, dead, amounts);
}

/** Throws where there is no room; what was in the way may be gone by now. */
function refuse(month: SpendingMonth, limits: Limits, step: Step, now: number): void {
  const spent = sumUp(month, step.wanted.day, now);
  const gone = findExhausted(limits, spentForGood(spent), step.wanted);
  if (gone) throw exhausted(gone, now);
  if (findExhausted(limits, spent.charged, growth(step))) throw underWay();
}

function underWay(): ServiceError {
  const message = 'What is left of the budget is set aside for analyses that are under way.';
  return new ServiceError('budget_exhausted', message);
}

function growth({ held = NOTHING, wanted }: { held?: Need | undefined; wanted: Need }): Need {
  return {
    chargedMicroUsd: wanted.chargedMicroUsd - held.chargedMicroUsd,
    admitted: wanted.admitted - held.admitted,
  };
}
