import type { Outcome } from '../analysis/outcome.ts';
import type { AnalysisRecord } from '../analysis/record.ts';
import type { createClientSettings } from '../auth/client-settings.ts';
import { persist } from '../aws/wire/client.ts';
import { ServiceError } from '../errors.ts';
import { chargeUsd } from '../gemini/tally.ts';
import { logger } from '../log.ts';
import type { Meter, Tally } from '../model/meter.ts';
import {
  type Budget,
  capOf,
  ceilingsOf,
  dayOf,
  exhausted,
  findExhausted,
  isLimited,
  type Limits,
  limitsOf,
  type Need,
  NOTHING,
  spentForGood,
  sumUp,
  toMicroUsd,
  tooDear,
} from './budget.ts';
import { countOnce } from './count-end.ts';
import type { Amounts, Reservation, Spending, SpendingMonth } from './spending-store.ts';

/** Writes tried for one reservation, where others come and go at the same moment. */
const MAX_TRIES = 5;

interface SetAsideDeps {
  spending: Spending;
  now(): number;
}

type Claimed = Pick<AnalysisRecord, 'id' | 'clientId' | 'maxUsd' | 'usage'> & {
  leaseToken: string;
};

/** The current reservation and the wanted one. */
interface Step {
  held: Reservation | undefined;
  wanted: Reservation;
}

/**
 * Makes or enlarges the reservation of an analysis, within the limits.
 * @throws ServiceError `budget_exhausted`: for good with `resetsAt`, else while others may give something back
 */
async function setAside(deps: SetAsideDeps, record: Claimed, limits: Limits, step: Step) {
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
    if (found && !isSame(found, held)) await chargeDeadReservation(deps, record, found, wanted);
    else refuse(month, limits, step, now());
  }
  throw underWay();
}

function isSame(one: Reservation | undefined, other: Reservation | undefined): boolean {
  return one?.token === other?.token && one?.chargedMicroUsd === other?.chargedMicroUsd;
}

/**
 * Charges the reservation of a dead worker of this analysis. It may have asked the model, so the money counts as
 * spent; the analysis does not: it is counted again now.
 */
async function chargeDeadReservation(
  deps: SetAsideDeps,
  record: Claimed,
  dead: Reservation,
  wanted: Reservation,
) {
  if (dead.until > wanted.until)
    throw new ServiceError('internal', 'Another worker has taken over.');
  const { chargedMicroUsd } = dead;
  const amounts = { chargedMicroUsd, unconfirmedMicroUsd: chargedMicroUsd };
  await deps.spending.settle(record.clientId, record.id, dead, amounts);
}

/** Throws if there is no room. A reservation that was in the way may be released by now. */
function refuse(month: SpendingMonth, limits: Limits, step: Step, now: number): void {
  const spent = sumUp(month, step.wanted.day, now);
  const gone = findExhausted(limits, spentForGood(spent), step.wanted);
  if (gone) throw exhausted(gone, now);
  if (findExhausted(limits, spent.charged, growth(step))) throw underWay();
}

function underWay(): ServiceError {
  const message =
    'The rest of the budget is reserved for analyses in progress: try again when they have ended.';
  return new ServiceError('budget_exhausted', message);
}

function growth({ held = NOTHING, wanted }: { held?: Need | undefined; wanted: Need }): Need {
  return {
    chargedMicroUsd: wanted.chargedMicroUsd - held.chargedMicroUsd,
    admitted: wanted.admitted - held.admitted,
  };
}

/** A worker whose time has been up for so long, in milliseconds, is dead for certain. */
const LAST_WORDS_MS = 60_000;

/** The sources of a client's limits. */
export interface BudgetDeps {
  settings: Pick<ReturnType<typeof createClientSettings>, 'read'>;
  /** Of the stage: holds where a client's own says nothing. */
  budget: Budget;
  now(): number;
}

export interface ReservationDeps extends BudgetDeps, SetAsideDeps {}

/** The reservation of one attempt, and the meter of its calls. */
export interface SpendingReservation {
  meter: Meter;
  /** Counts what came of it, and gives back what was not spent. Never throws: the analysis has ended by then. */
  settle(outcome: Outcome | undefined): Promise<void>;
}

/**
 * Holds an attempt to the client's budget: what a call may cost at most is set aside before it is made, with
 * a limit or without, so that the call stands in the sums whatever becomes of its worker; what all of them
 * did cost takes its place in the end. `deadline` of the worker, in epoch milliseconds.
 */
export function openReservation(
  deps: ReservationDeps,
  record: Claimed,
  deadline: number,
): SpendingReservation {
  let terms: { limits: Limits; cap: number | undefined } | undefined;
  let held: Reservation | undefined;
  let tally: Readonly<Tally> | undefined;

  async function admit(chargedMicroUsd: number): Promise<void> {
    terms ??= await readTerms(deps, record);
    const { limits, cap } = terms;
    const most = chargedMicroUsd + toMicroUsd(spentBefore(record));
    if (cap !== undefined && most > cap) throw tooDear(most, cap);
    if (held && chargedMicroUsd <= held.chargedMicroUsd) return;
    const { leaseToken: token } = record;
    const [day, until] = [held?.day ?? dayOf(deps.now()), deadline + LAST_WORDS_MS];
    const wanted = { token, day, chargedMicroUsd, admitted: 1, until };
    await setAside(deps, record, limits, { held, wanted });
    held = wanted;
  }

  async function settle(amounts: Amounts): Promise<void> {
    const isNothing = Object.values(amounts).every((amount) => !amount);
    const { id, clientId } = record;
    const reservation = held;
    if (!reservation) {
      if (!isNothing) await countOnce(deps, { id, clientId }, amounts, dayOf(deps.now()));
      return;
    }
    await persist(() => deps.spending.settle(clientId, id, reservation, amounts));
  }

  return {
    meter: {
      admit: ({ mostUsd }, { chargeUsd }) => admit(toMicroUsd(chargeUsd + mostUsd)),
      close: (closed) => {
        tally = closed;
      },
    },
    settle: (outcome) => settle(describeEnd(outcome, tally)).catch(reportLoss),
  };
}

/** What earlier tries have cost, in USD: where their model has no price, as much as by the dearest. */
function spentBefore({ usage }: Claimed): number {
  return usage ? (usage.costUsd ?? chargeUsd(undefined, usage)) : 0;
}

async function readTerms({ settings, budget }: ReservationDeps, { clientId, maxUsd }: Claimed) {
  const { budget: own } = await settings.read(clientId);
  return { limits: limitsOf(budget, own), cap: capOf(budget, own, maxUsd) };
}

/** No time was left: a reservation stays charged, and anything else is missing from the sums. */
function reportLoss(error: unknown): void {
  logger.error('spending not counted', { cause: error instanceof Error ? error.name : undefined });
}

/** An analysis takes its place in the budget where it has ended, and the model was paid or has answered. */
function describeEnd(outcome: Outcome | undefined, tally: Readonly<Tally> | undefined): Amounts {
  const ended = outcome?.kind === 'ended' ? outcome.status : undefined;
  const { calls = 0, chargeUsd = 0, spent } = tally ?? {};
  const isAnswered = ended === 'succeeded' && calls > 0;
  return {
    ...(ended && { [ended]: 1 }),
    cached: ended === 'succeeded' && !isAnswered ? 1 : 0,
    calls,
    inputTokens: spent?.inputTokens,
    cachedTokens: spent?.cachedTokens,
    outputTokens: spent?.outputTokens,
    thinkingTokens: spent?.thinkingTokens,
    costMicroUsd: Math.round((spent?.costUsd ?? 0) * 1e6),
    unpriced: chargeUsd > 0 && spent?.costUsd === undefined ? 1 : 0,
    chargedMicroUsd: toMicroUsd(chargeUsd),
    admitted: isAnswered || (ended && chargeUsd > 0) ? 1 : 0,
  };
}

export interface RefuseSpentDeps extends BudgetDeps {
  spending: Pick<Spending, 'read'>;
}

/** The least that an analysis takes: more is only known when it is asked for. */
const LEAST = { chargedMicroUsd: 1, admitted: 1 };

/**
 * Refuses a client with nothing left before it sends a file. What is under way may still give something
 * back; what holds for good is decided where the model is asked.
 * @throws ServiceError `budget_exhausted`, with the time until it is reset
 */
export async function refuseSpent(deps: RefuseSpentDeps, clientId: string): Promise<void> {
  const limits = limitsOf(deps.budget, (await deps.settings.read(clientId)).budget);
  if (!isLimited(limits)) return;
  const now = deps.now();
  const day = dayOf(now);
  const spent = sumUp(await deps.spending.read(clientId, day), day, now);
  const gone = findExhausted(limits, spentForGood(spent), LEAST);
  if (gone) throw exhausted(gone, now);
}
