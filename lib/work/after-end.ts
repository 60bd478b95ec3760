import { type AnalysisRecord, type EndStatus, hasEnded } from '../analysis.ts';
import { type CountDeps, countEnd } from '../money/count-end.ts';
import { type TellDeps, tellEnd } from '../webhooks/tell-end.ts';

export interface AfterEndDeps extends TellDeps, CountDeps {}

type Ended = Pick<AnalysisRecord, 'id' | 'clientId' | 'callbackUrl'>;

/** What follows the end of an analysis that nobody was at work on: it is counted, and told of. */
export async function countAndTell(
  deps: AfterEndDeps,
  record: Ended,
  status: EndStatus,
  endedAt: number,
): Promise<void> {
  await countEnd(deps, record, { [status]: 1 }, endedAt);
  await tellEnd(deps, record, status, endedAt);
}

/** Tells again of what has ended: its worker may have died, or the queue failed, before it was told of. */
export async function tellAgain(deps: TellDeps, record: AnalysisRecord): Promise<void> {
  const { status, completedAt } = record;
  if (hasEnded(status) && completedAt) await tellEnd(deps, record, status, Date.parse(completedAt));
}
