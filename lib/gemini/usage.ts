import { MAX_BELIEVED_TOKENS } from './limits.ts';
import type { Response } from './response.ts';

/** What is billed of an answer. */
export interface TokenUsage {
  inputTokens: number;
  /** Of the input, what the model had in its cache. */
  cachedTokens?: number | undefined;
  /** Thinking included: it is billed as output. */
  outputTokens: number;
}

/** Tokens by kind. */
export interface TokenCounts {
  inputTokens: number;
  /** Of the input, as far as that is told. */
  cachedTokens: number;
  /** What is billed: the answer and the thinking. */
  outputTokens: number;
  /** Of the output, as far as that is told. */
  thinkingTokens: number;
  totalTokens: number;
  /** The model did not say all of it: the rest is as much as the call can be billed for. */
  isEstimated: boolean;
}

/** What the model says; undefined: unknown. */
interface Told {
  input: number | undefined;
  cached: number | undefined;
  output: number | undefined;
  /** Of the output. */
  answer: number | undefined;
  thinking: number | undefined;
  total: number | undefined;
}

/**
 * What an answer says that it cost, whatever comes of it. Unknown is not zero: a count that is not told
 * follows from the others where it can; else it is the most that the call can be billed for.
 */
export function countTokens({ usage, parts }: Response, bound: TokenUsage): TokenCounts {
  const hasWords = parts.some(({ text }) => text);
  const told = readCounts(usage, hasWords);
  const { input, output, answer, thinking, total } = told;
  // Alone, a total bounds each of its parts.
  const most = input === undefined ? (total ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const inputTokens = input ?? Math.min(most, bound.inputTokens);
  const least = (answer ?? 0) + (thinking ?? 0);
  const outputTokens = output ?? Math.max(least, Math.min(most, bound.outputTokens));
  const isTotalAlone = total !== undefined && input === undefined && output === undefined;
  return {
    inputTokens,
    cachedTokens: Math.min(told.cached ?? 0, inputTokens),
    outputTokens,
    thinkingTokens: thinking || (subtract(output, answer) ?? 0),
    totalTokens: isTotalAlone ? total : Math.max(total ?? 0, inputTokens + outputTokens),
    isEstimated: input === undefined || output === undefined,
  };
}

/** The fields of https://ai.google.dev/api/generate-content#UsageMetadata. */
function readCounts(usage: Response['usage'], hasWords: boolean): Told {
  const countOf = (name: string) => readCount(usage[name]);
  const prompt = countOf('promptTokenCount') || sumOf(usage.promptTokensDetails);
  const input = known(prompt) || undefined; // no call asks for nothing
  const total = known(countOf('totalTokenCount')) || undefined;
  const candidates = countOf('candidatesTokenCount');
  const answer = known(candidates) ?? known(sumOf(usage.candidatesTokensDetails));
  const thinking = known(countOf('thoughtsTokenCount') ?? 0); // Google leaves out what is zero
  const isSilent = candidates === undefined && input !== undefined && !hasWords;
  const said = sum(isSilent ? (answer ?? 0) : answer, thinking);
  const rest = subtract(total, input);
  const output = rest === undefined ? said : Math.max(rest, (answer ?? 0) + (thinking ?? 0));
  return {
    input: input ?? (subtract(total, output) || undefined),
    cached: known(countOf('cachedContentTokenCount')),
    output: output === 0 && hasWords ? undefined : output, // words cost something
    answer,
    thinking,
    total,
  };
}

/** A whole number, also where it comes as a text or a fraction; NaN where it is there, and is none. */
function readCount(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const isCount = typeof number === 'number' && number >= 0 && number <= MAX_BELIEVED_TOKENS;
  return isCount ? Math.ceil(number) : Number.NaN;
}

/** Of the tokens by kind of media; undefined where they are not told, NaN where one of them cannot be read. */
function sumOf(details: unknown): number | undefined {
  if (!Array.isArray(details) || details.length === 0) return undefined;
  const counts = details.map((one: { tokenCount?: unknown } | null) => one?.tokenCount ?? 'none');
  return counts.reduce((sum: number, count) => sum + (readCount(count) ?? 0), 0);
}

function known(count: number | undefined): number | undefined {
  return Number.isNaN(count) ? undefined : count;
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

function subtract(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined || part === undefined ? undefined : Math.max(0, whole - part);
}
