import { costUsd } from './prices.ts';
import type { Reply, Usage } from './response.ts';

export interface Spent extends Usage {
  /** Undefined where the price of a model that answered is not known. */
  costUsd: number | undefined;
}

export interface Tally {
  calls: number;
  spent: Spent;
}

/** Everything that one question costs: answers that could not be used are billed too. */
export function createTally(): Tally {
  return { calls: 0, spent: { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 } };
}

export function addReply(tally: Tally, model: string, { usage }: Reply): void {
  const { spent } = tally;
  const cost = costUsd(model, usage);
  tally.spent = {
    inputTokens: spent.inputTokens + usage.inputTokens,
    outputTokens: spent.outputTokens + usage.outputTokens,
    totalTokens: spent.totalTokens + usage.totalTokens,
    costUsd: spent.costUsd === undefined || cost === undefined ? undefined : spent.costUsd + cost,
  };
}
