import { findModel, MODELS, type Price, whoAnswers } from './models.ts';

/** What is billed of an answer. */
export interface TokenUsage {
  inputTokens: number;
  /** Of the input, what the model had in its cache. */
  cachedTokens?: number | undefined;
  /** Thinking included: it is billed as output. */
  outputTokens: number;
}

const TOKENS_PER_PRICE = 1_000_000;
/** Parts of a dollar that are kept: below them is only what floating point adds. */
const COST_STEPS_PER_USD = 1e9;

/** The model's price on that day, undefined for an unknown model. `at` in epoch milliseconds. */
export function findPrice(model: string, at = Date.now()): Price | undefined {
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
export function roundCost(usd: number): number {
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
