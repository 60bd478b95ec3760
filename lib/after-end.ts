import type { AnalysisRecord, EndStatus } from './analysis.ts';
import type { Spending } from './aws/spending.ts';
import { dayOf } from './budget.ts';
import { logger } from './log.ts';
import { type TellDeps, tellEnd } from './tell-end.ts';

export interface AfterEndDeps extends TellDeps {
  spending: Pick<Spending, 'add'>;
}

type Ended = Pick<AnalysisRecord, 'id' | 'clientId' | 'callbackUrl'>;

/** What follows the end of an analysis that nobody was at work on: it is counted, and told of. */
export async function countAndTell(
  deps: AfterEndDeps,
  record: Ended,
  status: EndStatus,
  endedAt: number,
): Promise<void> {
  await countEnd(deps, record.clientId, { [status]: 1 }, endedAt);
  await tellEnd(deps, record, status, endedAt);
}

/** The sums are not worth failing for. */
export async function countEnd(
  { spending }: Pick<AfterEndDeps, 'spending'>,
  clientId: string,
  amounts: Parameters<Spending['add']>[2],
  endedAt: number,
): Promise<void> {
  await spending.add(clientId, dayOf(endedAt), amounts).catch((error: unknown) => {
    logger.error('spending not counted', {
      cause: error instanceof Error ? error.name : undefined,
    });
  });
}

/** Tells again of what has ended: its worker may have died, or the queue failed, before it was told of. */
export async function tellAgain(deps: TellDeps, record: AnalysisRecord): Promise<void> {
  const { status, completedAt } = record;
  const hasEnded = status === 'succeeded' || status === 'failed' || status === 'rejected';
  if (hasEnded && completedAt) await tellEnd(deps, record, status, Date.parse(completedAt));
}
