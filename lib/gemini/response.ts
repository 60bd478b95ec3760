import * as z from 'zod';
import { createFault } from './errors.ts';

const count = z.int().min(0).catch(0);

const responseSchema = z.object({
  candidates: z
    .array(
      z.object({
        content: z
          .object({
            parts: z
              .array(z.object({ text: z.string().optional(), thought: z.boolean().optional() }))
              .default([]),
          })
          .optional(),
        finishReason: z.string().optional(),
      }),
    )
    .default([]),
  promptFeedback: z.object({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z
    .object({
      promptTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
      totalTokenCount: count,
    })
    .optional(),
  modelVersion: z.string().optional(),
});

type Response = z.infer<typeof responseSchema>;

export interface Usage {
  inputTokens: number;
  /** What is billed: the answer and the thinking. */
  outputTokens: number;
  totalTokens: number;
}

export interface Reply {
  /** The model's words, its thoughts left out; of a cut reply they are worth nothing. */
  text: string;
  /** The output tokens ran out: thinking counts, so there may be no text at all. */
  isCut: boolean;
  /** The model that answered, where it says so. */
  modelVersion: string | undefined;
  usage: Usage;
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
 * The body of a 200. Throws `content_blocked`, and `model_unavailable` where it is no answer of Gemini's
 * (half of one, a proxy's page, no candidate): that is not the model's word, and may be tried again.
 */
export function readResponse(body: string): Reply {
  const response = parseResponse(body);
  const candidate = response.candidates[0];
  const blockReason = response.promptFeedback?.blockReason;
  const reason = blockReason ?? candidate?.finishReason ?? '';
  if (blockReason !== undefined || BLOCKED.has(reason)) {
    throw createFault('content_blocked', {
      remedy: 'stop',
      reason: `Gemini blocked it: ${reason}`,
    });
  }
  if (!candidate) throw notAnAnswer('no candidate');
  const spoken = candidate.content?.parts.filter(({ thought }) => thought !== true) ?? [];
  return {
    text: spoken.map(({ text = '' }) => text).join(''),
    isCut: reason === 'MAX_TOKENS',
    modelVersion: response.modelVersion,
    usage: readUsage(response),
  };
}

function parseResponse(body: string): Response {
  try {
    return responseSchema.parse(JSON.parse(body));
  } catch {
    throw notAnAnswer('not the JSON of generateContent'); // the parser's own words would quote it
  }
}

function notAnAnswer(what: string): Error {
  return createFault('model_unavailable', { remedy: 'retry', reason: `Bad answer: ${what}` });
}

function readUsage({ usageMetadata: usage }: Response): Usage {
  const inputTokens = usage?.promptTokenCount ?? 0;
  const outputTokens = (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0);
  return {
    inputTokens,
    outputTokens,
    totalTokens: usage?.totalTokenCount || inputTokens + outputTokens,
  };
}
