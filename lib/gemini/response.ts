import * as z from 'zod/mini';
import { createFault } from './errors.ts';
import { MAX_MODEL_NAME_CHARACTERS } from './limits.ts';

const count = z.catch(z.int().check(z.minimum(0)), 0);

const responseSchema = z.object({
  candidates: z._default(
    z.array(
      z.object({
        content: z.optional(
          z.object({
            parts: z._default(
              z.array(z.object({ text: z.optional(z.string()), thought: z.optional(z.boolean()) })),
              [],
            ),
          }),
        ),
        finishReason: z.optional(z.string()),
      }),
    ),
    [],
  ),
  promptFeedback: z.optional(z.object({ blockReason: z.optional(z.string()) })),
  usageMetadata: z.optional(
    z.object({
      promptTokenCount: count,
      cachedContentTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
      totalTokenCount: count,
    }),
  ),
  modelVersion: z.catch(
    z.optional(z.string().check(z.maxLength(MAX_MODEL_NAME_CHARACTERS))),
    undefined,
  ),
});

export type Response = z.infer<typeof responseSchema>;

/** Tokens by kind. */
export interface TokenCounts {
  inputTokens: number;
  /** Of the input. */
  cachedTokens: number;
  /** What is billed: the answer and the thinking. */
  outputTokens: number;
  /** Of the output. */
  thinkingTokens: number;
  totalTokens: number;
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

/**
 * The body of a 200, read by what it says and not by its declared type: a whole answer is paid for.
 * Throws `model_unavailable` where it is no answer of Gemini's (half of one, a proxy's page): that is not
 * the model's word, and may be tried again.
 */
export function parseResponse(body: string): Response {
  try {
    return responseSchema.parse(JSON.parse(body));
  } catch {
    throw notAnAnswer('not the JSON of generateContent'); // the parser's own words would quote it
  }
}

/** Why it ended, before any of its words. Throws `content_blocked`, and `model_unavailable` without a candidate. */
export function readReply(response: Response): Reply {
  const candidate = response.candidates[0];
  const blockReason = response.promptFeedback?.blockReason;
  const reason = blockReason ?? candidate?.finishReason ?? '';
  if (blockReason !== undefined || BLOCKED.has(reason)) throw blockedFor(reason);
  if (!candidate) throw notAnAnswer('no candidate');
  const spoken = candidate.content?.parts.filter(({ thought }) => thought !== true) ?? [];
  return {
    text: spoken.map(({ text = '' }) => text).join(''),
    isCut: reason === 'MAX_TOKENS',
    modelVersion: response.modelVersion,
  };
}

/** Billed even where nothing came of it. */
export function countTokens({ usageMetadata: usage }: Response): TokenCounts {
  const inputTokens = usage?.promptTokenCount ?? 0;
  const thinkingTokens = usage?.thoughtsTokenCount ?? 0;
  const outputTokens = (usage?.candidatesTokenCount ?? 0) + thinkingTokens;
  return {
    inputTokens,
    cachedTokens: usage?.cachedContentTokenCount ?? 0,
    outputTokens,
    thinkingTokens,
    totalTokens: usage?.totalTokenCount || inputTokens + outputTokens,
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

function notAnAnswer(what: string): Error {
  return createFault('model_unavailable', { remedy: 'retry', reason: `Bad answer: ${what}` });
}
