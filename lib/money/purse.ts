import type { createClientSettings } from '../aws/client-settings.ts';
import type { Amounts, Reservation } from '../aws/spending-month.ts';
import { persist } from '../aws/wire/client.ts';
import { chargeUsd } from '../gemini/prices.ts';
import type { Meter, Tally } from '../gemini/tally.ts';
import { logger } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import { type Budget, capOf, dayOf, type Limits, limitsOf, toMicroUsd, tooDear } from './budget.ts';
import { countOnce } from './count-end.ts';
import { type Claimed, type SetAsideDeps, setAside } from './set-aside.ts';

/** A worker whose time has been up for so long, in milliseconds, is dead for certain. */
const LAST_WORDS_MS = 60_000;

/** Where a client's limits are found. */
export interface BudgetDeps {
  settings: Pick<ReturnType<typeof createClientSettings>, 'read'>;
  /** Of the stage: holds where a client's own says nothing. */
  budget: Budget;
  now(): number;
}

export interface PurseDeps extends BudgetDeps, SetAsideDeps {}

/** What one attempt may spend, and has. */
export interface Purse {
  meter: Meter;
  /** Counts what came of it, and gives back what was not spent. Never throws: the analysis has ended by then. */
  settle(outcome: Outcome | undefined): Promise<void>;
}

/**
 * Holds an attempt to the client's budget: what a call may cost at most is set aside before it is made, with
 * a limit or without, so that the call stands in the sums whatever becomes of its worker; what all of them
 * did cost takes its place in the end. `deadline` of the worker, in epoch milliseconds.
 */
export function openPurse(deps: PurseDeps, record: Claimed, deadline: number): Purse {
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

async function readTerms({ settings, budget }: PurseDeps, { clientId, maxUsd }: Claimed) {
  const { budget: own } = await settings.read(clientId);
  return { limits: limitsOf(budget, own), cap: capOf(budget, own, maxUsd) };
}

/** By then there was no time left: what was set aside stays charged, and what was not is lost to the sums. */
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
