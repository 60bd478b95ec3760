import type { Usage } from '../analysis/record.ts';
import { type ServiceError, toServiceError } from '../errors.ts';
import { findModel, MODELS, type Price, type ThinkingLevel, whoAnswers } from './models.ts';
import type { TokenCounts, TokenUsage } from './usage.ts';

const TOKENS_PER_PRICE = 1_000_000;
/** Parts of a dollar that are kept: below them is only what floating point adds. */
const COST_STEPS_PER_USD = 1e9;

/** The model's price on that day, undefined for an unknown model. `at` in epoch milliseconds. */
function findPrice(model: string, at = Date.now()): Price | undefined {
  const { prices } = findModel(model) ?? {};
  return prices?.find(({ from }) => from === undefined || at >= Date.parse(from));
}

/**
 * What the tokens of one call cost in USD. An unknown model costs `undefined`: no figure is better than a
 * wrong one. `at` in epoch milliseconds.
 */
export function costUsd(model: string, usage: TokenUsage, at = Date.now()): number | undefined {
  const price = findPrice(model, at);
  if (!price) return undefined;
  const isLong = price.long && usage.inputTokens > price.long.aboveTokens;
  const rates = isLong && price.long ? price.long : price;
  const cached = Math.min(usage.cachedTokens ?? 0, usage.inputTokens);
  const input = (usage.inputTokens - cached) * rates.input;
  const fromCache = cached * (rates.cachedInput ?? rates.input);
  const cost = (input + fromCache + usage.outputTokens * rates.output) / TOKENS_PER_PRICE;
  return roundCost(cost);
}

/** A sum of money in USD, without the traces of floating point. */
function roundCost(usd: number): number {
  return Math.round(usd * COST_STEPS_PER_USD) / COST_STEPS_PER_USD;
}

/** What a budget has to bear for the tokens, in USD: for an unknown model, as for the dearest one listed. */
export function chargeUsd(model: string | undefined, usage: TokenUsage, at = Date.now()): number {
  const listed = () => Object.keys(MODELS).map((name) => costUsd(name, usage, at) ?? 0);
  return costUsd(model ?? '', usage, at) ?? Math.max(...listed());
}

/** The most that a call of this model can cost, in USD: where another one answers for it, the dearer of both. */
export function boundUsd(model: string, bound: TokenUsage, at = Date.now()): number {
  return Math.max(chargeUsd(model, bound, at), chargeUsd(whoAnswers(model, at), bound, at));
}

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
