import type { Question, TokenCount } from './measured.ts';

/** Google's rule of thumb. */
export const CHARACTERS_PER_TOKEN = 4;

export interface Usage {
  promptTokenCount: number;
  candidatesTokenCount: number;
  thoughtsTokenCount?: number;
  totalTokenCount: number;
  promptTokensDetails: TokenCount[];
}

/** Tokens of a text, by the rule of thumb. */
export function countTextTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** The usageMetadata of an answer; thoughts only where there were any, as Google leaves out zeros. */
export function countUsage(question: Question, answer: string, thoughtsTokenCount = 0): Usage {
  const text = { modality: 'TEXT' as const, tokenCount: countWords(question) };
  const details = [text, ...question.measured.flatMap(({ tokens }) => tokens)];
  const promptTokenCount = details.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  const candidatesTokenCount = countTextTokens(answer);
  return {
    promptTokenCount,
    candidatesTokenCount,
    ...(thoughtsTokenCount > 0 ? { thoughtsTokenCount } : {}),
    totalTokenCount: promptTokenCount + candidatesTokenCount + thoughtsTokenCount,
    promptTokensDetails: details,
  };
}

function countWords({ contents, systemInstruction }: Question): number {
  const parts = [...contents, systemInstruction].flatMap((one) => one?.parts ?? []);
  return parts.reduce((sum, { text = '' }) => sum + countTextTokens(text), 0);
}
