import type { Usage } from '../analysis/record.ts';
import { roundCost, sumUsage, type Tally } from '../model/meter.ts';
import { findModel, MODELS, type Price, type ThinkingLevel, whoAnswers } from './models.ts';
import type { TokenCounts, TokenUsage } from './response.ts';

const TOKENS_PER_PRICE = 1_000_000;

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

/** What a budget has to bear for the tokens, in USD: for an unknown model, as for the dearest one listed. */
export function chargeUsd(model: string | undefined, usage: TokenUsage, at = Date.now()): number {
  const listed = () => Object.keys(MODELS).map((name) => costUsd(name, usage, at) ?? 0);
  return costUsd(model ?? '', usage, at) ?? Math.max(...listed());
}

/** The most that a call of this model can cost, in USD: where another one answers for it, the dearer of both. */
export function boundUsd(model: string, bound: TokenUsage, at = Date.now()): number {
  return Math.max(chargeUsd(model, bound, at), chargeUsd(whoAnswers(model, at), bound, at));
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
