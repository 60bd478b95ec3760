import { type Contents, copyAnswer, nameContent } from '../analysis/content.ts';
import { type Outcome, waitDelaySeconds } from '../analysis/outcome.ts';
import type { Results } from '../analysis/result-store.ts';
import type { Source } from '../analysis/source.ts';
import { decideByHolder, type HolderDecision } from '../analysis/transitions.ts';
import { logger } from '../log.ts';
import { type HeldAnalysis, type SettleDeps, storeAnswer } from './settle.ts';

/** Places lost to a quicker worker before this one waits for it. */
const MAX_TAKE_TRIES = 3;

export interface PaidOnceDeps extends SettleDeps {
  contents: Pick<Contents, 'claim' | 'take'>;
  results: SettleDeps['results'] & Pick<Results, 'find'>;
}

/**
 * Ends an analysis with the stored answer to the same content, or lets it wait for the one that is
 * being asked for, by docs/states.md. Undefined where this analysis is the one that asks.
 */
export async function settleKnown(
  deps: PaidOnceDeps,
  held: HeldAnalysis,
  source: Source,
): Promise<Outcome | undefined> {
  const { record } = held;
  if (!source.sha256) return undefined;
  const content = nameContent(record, source.sha256);
  for (let tries = 0; tries < MAX_TAKE_TRIES; tries += 1) {
    const holderId = await deps.contents.claim(content, record.id);
    if (holderId === record.id) return undefined;
    const holder = await deps.analyses.read(holderId);
    const decision = decideByHolder({ holder, waits: record.waits ?? 0, now: deps.now() });
    // It asks whatever is known; until it has a newer answer, the older one is what others are given.
    if (record.fresh && decision.kind !== 'take') return undefined;
    if (decision.kind === 'wait') break;
    const copied = await storeCopy(deps, held, decision, source);
    if (copied) return copied;
    if (await deps.contents.take(content, record.id, holderId)) return undefined;
  }
  return record.fresh ? undefined : wait(held);
}

/** An answer that was asked for anew takes the place of the older one. Never throws: it is stored by now. */
export async function preferFresh(
  { contents }: PaidOnceDeps,
  { record }: HeldAnalysis,
  { sha256 }: Source,
  outcome: Outcome,
): Promise<void> {
  const isAnswer = outcome.kind === 'ended' && outcome.status === 'succeeded';
  if (!record.fresh || !sha256 || !isAnswer) return;
  await contents.take(nameContent(record, sha256), record.id).catch((error: unknown) => {
    const cause = error instanceof Error ? error.name : undefined;
    logger.warn('the older answer stays the known one', { analysisId: record.id, cause });
  });
}

/** Undefined where there is nothing to copy, or its result is gone: the model is asked anew. */
async function storeCopy(
  deps: PaidOnceDeps,
  held: HeldAnalysis,
  decision: HolderDecision,
  source: Source,
): Promise<Outcome | undefined> {
  if (decision.kind !== 'copy') return undefined;
  const { holder } = decision;
  const { resultKey, result = {} } = holder;
  const answer = resultKey ? await deps.results.find(resultKey) : result;
  return answer && storeAnswer(deps, held, answer, copyAnswer(holder, { ...held.record, source }));
}

/** Back to the queue; a try that only waited does not count. */
async function wait({ record, before, lease }: HeldAnalysis): Promise<Outcome> {
  const waits = record.waits ?? 0;
  const attempts = before?.attempts ?? 0;
  const queued = await lease.settle({ status: 'queued', attempts, waits: waits + 1 });
  if (!queued) return { kind: 'ignored', reason: 'lease_lost' };
  return { kind: 'later', seconds: waitDelaySeconds(waits), reason: 'same_content_at_work' };
}
