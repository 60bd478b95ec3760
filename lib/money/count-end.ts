import type { Spending } from '../aws/spending.ts';
import type { Amounts } from '../aws/spending-month.ts';
import { logger } from '../log.ts';
import { dayOf } from './budget.ts';

export interface CountDeps {
  spending: Pick<Spending, 'count'>;
}

/** Counts an analysis that nobody was at work on. The sums are not worth failing for. */
export async function countEnd(
  { spending }: CountDeps,
  { id, clientId }: { id: string; clientId: string },
  amounts: Amounts,
  endedAt: number,
): Promise<void> {
  await spending.count(clientId, id, dayOf(endedAt), amounts).catch((error: unknown) => {
    logger.error('spending not counted', {
      cause: error instanceof Error ? error.name : undefined,
    });
  });
}
