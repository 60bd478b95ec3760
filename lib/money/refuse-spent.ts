import type { Spending } from '../aws/spending.ts';
import {
  dayOf,
  exhausted,
  findExhausted,
  isLimited,
  limitsOf,
  spentForGood,
  sumUp,
} from './budget.ts';
import type { BudgetDeps } from './purse.ts';

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
