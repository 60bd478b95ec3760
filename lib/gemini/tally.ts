import type { Usage } from '../analysis.ts';
import { type ServiceError, toServiceError } from '../errors.ts';
import type { ThinkingLevel } from './models.ts';
import { chargeUsd, costUsd, roundCost } from './prices.ts';
import type { TokenCounts } from './usage.ts';

export interface Tally {
  calls: number;
  /** Tokens and their cost. */
  spent: Usage;
  /** What a budget has to bear, in USD: a figure where the price is not known, too. */
  chargeUsd: number;
  /** By performance.now(), in milliseconds. */
  started: number;
}

/** Told before every call what it may cost at most, and in the end what all of them did. */
export interface Meter {
  /** Where it throws, the call is not made, and nothing else is tried. */
  admit(next: { mostUsd: number }, sofar: Readonly<Tally>): Promise<void>;
  close(tally: Readonly<Tally>): void;
}

const NOTHING = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, thinkingTokens: 0 };

/** Everything that one question costs: answers that could not be used are billed, too. */
export function createTally(): Tally {
  const spent = { ...NOTHING, totalTokens: 0, costUsd: 0 };
  return { calls: 0, spent, chargeUsd: 0, started: performance.now() };
}

/** A call that is about to be made, with the level of thinking that it asks for, if any. */
export function countCall(tally: Tally, thinkingLevel: ThinkingLevel | undefined): void {
  tally.calls += 1;
  tally.spent = { ...tally.spent, thinking: thinkingLevel?.toLowerCase() };
}

export function addTokens(
  tally: Tally,
  model: string,
  { isEstimated, ...tokens }: TokenCounts,
): void {
  tally.chargeUsd += chargeUsd(model, tokens);
  const estimated = isEstimated || undefined;
  tally.spent = sumUsage(tally.spent, { ...tokens, costUsd: costUsd(model, tokens), estimated });
}

/** The tally as one try of an analysis; none where no model was asked. */
export function receiptOf({ spent, calls, started }: Tally): Usage {
  const latencyMs = Math.round(performance.now() - started);
  return { ...spent, attempts: calls > 0 ? 1 : 0, calls, latencyMs };
}

/** Both together; of unknown cost, and estimated, where one of them is. */
export function sumUsage(one: Usage | undefined, other: Usage): Usage {
  if (!one) return other;
  const sumOf = (name: Exclude<keyof Usage, 'costUsd' | 'estimated' | 'thinking'>) =>
    (one[name] ?? 0) + (other[name] ?? 0);
  const isKnown = one.costUsd !== undefined && other.costUsd !== undefined;
  return {
    inputTokens: sumOf('inputTokens'),
    cachedTokens: sumOf('cachedTokens'),
    outputTokens: sumOf('outputTokens'),
    thinkingTokens: sumOf('thinkingTokens'),
    totalTokens: sumOf('totalTokens'),
    costUsd: isKnown ? roundCost((one.costUsd ?? 0) + (other.costUsd ?? 0)) : undefined,
    estimated: one.estimated || other.estimated || undefined,
    thinking: other.calls ? other.thinking : one.thinking, // the last call's
    attempts: sumOf('attempts'),
    calls: sumOf('calls'),
    latencyMs: sumOf('latencyMs'),
  };
}

interface Billed extends ServiceError {
  spent: Usage;
}

/** The error, and what was spent until it came. */
export function billError(error: unknown, spent: Usage): Billed {
  return Object.assign(toServiceError(error), { spent });
}

/** What a question cost that ended with this error; undefined where no model was to be asked. */
export function spentOf(error: unknown): Usage | undefined {
  return isBilled(error) ? error.spent : undefined;
}

function isBilled(error: unknown): error is Billed {
  return error instanceof Error && 'spent' in error;
}
