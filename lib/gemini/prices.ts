export interface TokenUsage {
  inputTokens: number;
  /** Thinking included: it is billed as output. */
  outputTokens: number;
}

interface Price {
  /** USD per million tokens. */
  input: number;
  output: number;
  /** ISO date (UTC) from which it counts; without one, always. */
  from?: string;
}

/**
 * Google's list of November 2026 (ai.google.dev/gemini-api/docs/pricing), the newest price first.
 * A model that is not here costs `undefined`: no figure is better than a wrong one.
 */
const PRICES: Readonly<Record<string, readonly Price[]>> = {
  'gemini-3.8-flash': [
    { input: 1.5, output: 7.5, from: '2027-01-01' },
    { input: 0.75, output: 3.75 },
  ],
  'gemini-3.5-flash': [{ input: 1.5, output: 9 }],
  'gemini-3.5-flash-lite': [{ input: 0.3, output: 2.5 }],
  'gemini-3.1-flash-lite': [{ input: 0.25, output: 1.5 }],
  'gemini-4-hydrogen': [{ input: 1.5, output: 7.5 }],
  'gemini-4-neon': [{ input: 3, output: 15 }],
  'gemini-4-carbon': [{ input: 2, output: 10 }],
};

const TOKENS_PER_PRICE = 1_000_000;

/** What the tokens cost in USD, or undefined for an unknown model. `at` in epoch milliseconds. */
export function costUsd(model: string, usage: TokenUsage, at = Date.now()): number | undefined {
  // Answers name a release of the model: gemini-3.8-flash-002.
  const name = model.replace(/^models\//, '').replace(/-\d{3}$/, '');
  const prices = Object.hasOwn(PRICES, name) ? PRICES[name] : undefined;
  const price = prices?.find(({ from }) => from === undefined || at >= Date.parse(from));
  if (!price) return undefined;
  return (usage.inputTokens * price.input + usage.outputTokens * price.output) / TOKENS_PER_PRICE;
}

/** What a budget has to bear for the tokens, in USD: for an unknown model, as for the dearest one listed. */
export function chargeUsd(model: string, usage: TokenUsage, at = Date.now()): number {
  const listed = Object.keys(PRICES).map((name) => costUsd(name, usage, at) ?? 0);
  return costUsd(model, usage, at) ?? Math.max(...listed);
}
