import table from './prices.json' with { type: 'json' };

/** What is billed of an answer. */
export interface TokenUsage {
  inputTokens: number;
  /** Of the input, what the model had in its cache. */
  cachedTokens?: number | undefined;
  /** Thinking included: it is billed as output. */
  outputTokens: number;
}

/** USD per million tokens. */
export interface Price {
  input: number;
  /** Where it is not known, cached tokens cost what others do: a figure too high rather than too low. */
  cachedInput?: number | undefined;
  output: number;
  /** ISO date (UTC) from which it counts; without one, always. */
  from?: string | undefined;
}

export const PRICES: Readonly<Record<string, readonly Price[]>> = table.models;

const TOKENS_PER_PRICE = 1_000_000;
/** Parts of a dollar that are kept: below them is only what floating point adds. */
const COST_STEPS_PER_USD = 1e9;

/** The model's price on that day, undefined for an unknown model. `at` in epoch milliseconds. */
export function findPrice(model: string, at = Date.now()): Price | undefined {
  // Answers name a release of the model: gemini-3.8-flash-002.
  const name = model.replace(/^models\//, '').replace(/-\d{3}$/, '');
  const prices = Object.hasOwn(PRICES, name) ? PRICES[name] : undefined;
  return prices?.find(({ from }) => from === undefined || at >= Date.parse(from));
}

/**
 * What the tokens cost in USD. An unknown model costs `undefined`: no figure is better than a wrong one.
 * `at` in epoch milliseconds.
 */
export function costUsd(model: string, usage: TokenUsage, at = Date.now()): number | undefined {
  const price = findPrice(model, at);
  if (!price) return undefined;
  const cached = Math.min(usage.cachedTokens ?? 0, usage.inputTokens);
  const input = (usage.inputTokens - cached) * price.input;
  const fromCache = cached * (price.cachedInput ?? price.input);
  const cost = (input + fromCache + usage.outputTokens * price.output) / TOKENS_PER_PRICE;
  return roundCost(cost);
}

/** A sum of money in USD, without the traces of floating point. */
export function roundCost(usd: number): number {
  return Math.round(usd * COST_STEPS_PER_USD) / COST_STEPS_PER_USD;
}

/** What a budget has to bear for the tokens, in USD: for an unknown model, as for the dearest one listed. */
export function chargeUsd(model: string, usage: TokenUsage, at = Date.now()): number {
  const listed = Object.keys(PRICES).map((name) => costUsd(name, usage, at) ?? 0);
  return costUsd(model, usage, at) ?? Math.max(...listed);
}
