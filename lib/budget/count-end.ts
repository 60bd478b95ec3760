import { persist } from '../aws/wire/client.ts';
import { logger } from '../log.ts';
import { dayOf } from './budget.ts';
import type { Amounts, Spending } from './spending-store.ts';

export interface CountDeps {
  spending: Pick<Spending, 'note' | 'countNoted'>;
}

type Counted = { id: string; clientId: string };

/** Counts an analysis that nobody was at work on, once however often it is sent. */
export async function countOnce(
  { spending }: CountDeps,
  { id, clientId }: Counted,
  amounts: Amounts,
  day: string,
): Promise<void> {
  await persist(() => spending.note(clientId, id, day));
  await persist(() => spending.countNoted(clientId, id, day, amounts));
}

/** As `countOnce`, after the end is stored: a failure is logged, not thrown. */
export async function countEnd(
  deps: CountDeps,
  record: Counted,
  amounts: Amounts,
  endedAt: number,
): Promise<void> {
  await countOnce(deps, record, amounts, dayOf(endedAt)).catch((error: unknown) => {
    logger.error('spending not counted', {
      cause: error instanceof Error ? error.name : undefined,
    });
  });
}
