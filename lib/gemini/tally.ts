import { chargeUsd, costUsd } from './prices.ts';
import type { Reply, Usage } from './response.ts';

export interface Spent extends Usage {
  /** Undefined where the price of a model that answered is not known. */
  costUsd: number | undefined;
}

export interface Tally {
  calls: number;
  spent: Spent;
  /** What a budget has to bear, in USD: a figure where the price is not known, too. */
  chargeUsd: number;
}

/** Told before every call what it may cost at most, and in the end what all of them did. */
export interface Meter {
  /** Where it throws, the call is not made, and nothing else is tried. */
  admit(next: { mostUsd: number }, sofar: Readonly<Tally>): Promise<void>;
  close(tally: Readonly<Tally>): void;
}

/** Everything that one question costs: answers that could not be used are billed too. */
export function createTally(): Tally {
  const spent = { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 };
  return { calls: 0, spent, chargeUsd: 0 };
}

export function addReply(tally: Tally, model: string, { usage }: Reply): void {
  const { spent } = tally;
  const cost = costUsd(model, usage);
  tally.chargeUsd += chargeUsd(model, usage);
  tally.spent = {
    inputTokens: spent.inputTokens + usage.inputTokens,
    outputTokens: spent.outputTokens + usage.outputTokens,
    totalTokens: spent.totalTokens + usage.totalTokens,
    costUsd: spent.costUsd === undefined || cost === undefined ? undefined : spent.costUsd + cost,
  };
}
