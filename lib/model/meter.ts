import type { Usage } from '../analysis/record.ts';
import { type ServiceError, toServiceError } from '../errors.ts';

/** Parts of a dollar that are kept: below them is only what floating point adds. */
const COST_STEPS_PER_USD = 1e9;

/** The cost of one question so far. */
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

/** A sum of money in USD, without the traces of floating point. */
export function roundCost(usd: number): number {
  return Math.round(usd * COST_STEPS_PER_USD) / COST_STEPS_PER_USD;
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
