import * as z from 'zod/mini';
import { createFault } from './errors.ts';
import { MAX_BELIEVED_TOKENS, MAX_MODEL_NAME_CHARACTERS } from './limits.ts';

// An answer is paid for whatever its shape: null is absent, what cannot be read is absent too, and one bad
// item does not void the others. Servers that speak this protocol wrap an answer, put it into a list (so
// does Google's own stream), name fields as protocol buffers do, and send numbers in place of words.

type Fields = Record<string, unknown>;

/** An answer, as far as it can be read. */
export interface Response {
  /** Of the first candidate, in order. */
  parts: { text?: string | undefined; thought?: boolean | undefined }[];
  finishReason: string | undefined;
  blockReason: string | undefined;
  modelVersion: string | undefined;
  /** As it came: usage.ts reads it. */
  usage: Fields;
}

export interface Reply {
  /** The model's words, its thoughts left out; of a cut reply they are worth nothing. */
  text: string;
  /** The output tokens ran out: thinking counts, so there may be no text at all. */
  isCut: boolean;
  /** The model that answered, where it says so. */
  modelVersion: string | undefined;
}

/** The content is at fault, and the same picture will get the same answer. */
const BLOCKED = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

// By their numbers in google/ai/generativelanguage/v1beta/generative_service.proto; the first says nothing.
const BLOCK_REASONS = ['', 'SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY'];
const FINISH_REASONS = [
  ...['', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER', 'LANGUAGE', 'BLOCKLIST'],
  ...['PROHIBITED_CONTENT', 'SPII', 'MALFORMED_FUNCTION_CALL', 'IMAGE_SAFETY'],
  ...['UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_OTHER'],
  ...['NO_IMAGE', 'IMAGE_RECITATION'],
];

const readable = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);
/** A list, or what should have been one of its items. */
const list = <T>(item: z.ZodMiniType<T>) =>
  z.catch(z.pipe(z.transform(toList), z.array(readable(item))), []);
const word = (names: readonly string[]) =>
  readable(
    z.pipe(
      z.union([z.string(), z.int()]),
      z.transform((value) => toWord(value, names)),
    ),
  );

const part = z.object({ text: readable(z.string()), thought: readable(z.boolean()) });
const candidate = z.object({
  content: readable(z.object({ parts: list(part) })),
  finishReason: word(FINISH_REASONS),
});
const responseSchema = z.object({
  candidates: list(candidate),
  promptFeedback: readable(z.object({ blockReason: word(BLOCK_REASONS) })),
  usageMetadata: readable(z.record(z.string(), z.unknown())),
  modelVersion: readable(z.string().check(z.minLength(1), z.maxLength(MAX_MODEL_NAME_CHARACTERS))),
});

function toList(value: unknown): unknown {
  return Array.isArray(value) ? value : [value];
}

/** `SAFETY` of `safety`, `FinishReason.SAFETY`, `FINISH_REASON_SAFETY`, `3` and `"3"`; undefined where it says nothing. */
function toWord(value: string | number, names: readonly string[]): string | undefined {
  const text = String(value).trim();
  if (/^\d+$/.test(text)) return (names[Number(text)] ?? 'OTHER') || undefined;
  const name = text.slice(text.lastIndexOf('.') + 1).toUpperCase();
  const plain = name.replace(/^(FINISH|BLOCK|BLOCKED)_REASON_/, '');
  return plain === 'UNSPECIFIED' ? undefined : plain || undefined;
}

/** Whether a body of a 200 is JSON, or was to be: anything else is a proxy's, not the model's word. */
const BEGINS_AS_JSON = /^\s*[[{]/;
/** As Python writes them, and no parser of JSON takes them. */
const NO_NUMBERS = /([:,[] ?)(?:NaN|-?Infinity)(?=\s?[,}\]])/g;

/**
 * The body of a 200, read by what it says and not by its declared type. Undefined where it is no answer of
 * Gemini's at all (a proxy's page): that is not the model's word, and was not paid for.
 */
export function parseResponse(body: string): Response | undefined {
  const json = parseJson(body) ?? parseJson(body.replace(NO_NUMBERS, '$1null'));
  if (!json && !BEGINS_AS_JSON.test(body)) return undefined;
  return joinPieces(findPieces(json?.value).map((piece) => responseSchema.parse(piece)));
}

function parseJson(body: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined; // the parser's own words would quote it
  }
}

/** How deep an answer may lie in lists and wrappers, and its own fields in it. */
const MAX_DEPTH = 4;
const MAX_FIELD_DEPTH = 8;

/** What lies in it that has an answer's fields: one object as a rule, several where it was streamed. */
function findPieces(value: unknown, depth = 0): Fields[] {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((one) => findPieces(one, depth + 1));
  const fields = renameFields(value);
  const names = Object.keys(fields);
  const wrapped = names.filter((name) => !Object.hasOwn(responseSchema.shape, name));
  return [
    ...(wrapped.length < names.length ? [fields] : []),
    ...wrapped.flatMap((name) => findPieces(fields[name], depth + 1)),
  ];
}

/** `finish_reason` is `finishReason`, at every depth that an answer has. */
function renameFields(value: object, depth = 0): Fields {
  const renamed = Object.entries(value).map(([name, child]): [string, unknown] => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    renameWithin(child, depth + 1),
  ]);
  return Object.fromEntries(renamed);
}

function renameWithin(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_FIELD_DEPTH) return value;
  if (Array.isArray(value)) return value.map((one) => renameWithin(one, depth + 1));
  return renameFields(value, depth);
}

function joinPieces(pieces: readonly z.infer<typeof responseSchema>[]): Response {
  const first = pieces.flatMap(({ candidates }) => candidates.find((one) => one) ?? []);
  const last = <T>(values: readonly T[]) => values.findLast((value) => value !== undefined);
  return {
    parts: first.flatMap(({ content }) => content?.parts ?? []).filter((one) => one !== undefined),
    finishReason: last(first.map(({ finishReason }) => finishReason)),
    blockReason: last(pieces.map(({ promptFeedback }) => promptFeedback?.blockReason)),
    modelVersion: last(pieces.map(({ modelVersion }) => modelVersion)),
    // Each piece of a stream counts all tokens so far.
    usage: Object.assign({}, ...pieces.map(({ usageMetadata }) => withoutNull(usageMetadata))),
  };
}

function withoutNull(fields: Fields = {}): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Why it ended, before any of its words; none where it has none. Throws `content_blocked`. */
export function readReply(response: Response): Reply {
  const { parts, finishReason = '', blockReason, modelVersion } = response;
  if (blockReason !== undefined) throw blockedFor(blockReason);
  if (BLOCKED.has(finishReason)) throw blockedFor(finishReason);
  const spoken = parts.filter(({ thought }) => thought !== true);
  return {
    text: spoken.map(({ text = '' }) => text).join(''),
    isCut: finishReason === 'MAX_TOKENS',
    modelVersion,
  };
}

function blockedFor(reason: string): Error {
  // The reason is one of Google's words; anything else stays out of the sentence that a client reads.
  const word = /^[A-Z_]{1,40}$/.test(reason) ? reason : 'OTHER';
  return createFault('content_blocked', {
    remedy: 'stop',
    reason: `Gemini blocked it: ${word}`,
    message: `The model refused the content (${word}).`,
  });
}

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
