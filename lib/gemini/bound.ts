import { MAX_REPAIR_BYTES } from './limits.ts';
import type { ModelRequest, Variant } from './request.ts';

/** Tokens of a picture, by its resolution (ai.google.dev/gemini-api/docs/media-resolution); without one, as HIGH. */
const MEDIA_TOKENS: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1_120,
  MEDIA_RESOLUTION_ULTRA_HIGH: 2_240,
};
const DEAREST_MEDIA_TOKENS = Math.max(...Object.values(MEDIA_TOKENS));

export type TokenBound = (variant: Pick<Variant, 'maxOutputTokens'>) => {
  inputTokens: number;
  outputTokens: number;
};

/**
 * The most tokens that a call can be billed for: no tokenizer makes more than one token of a byte, and
 * what is written, thinking included, ends at the cap that the call sets.
 */
export function boundTokens(request: ModelRequest): TokenBound {
  const { systemInstruction, prompt, responseJsonSchema, mediaResolution } = request;
  const words = [systemInstruction, prompt, JSON.stringify(responseJsonSchema)];
  const bytes = words.reduce((sum, text) => sum + Buffer.byteLength(text), MAX_REPAIR_BYTES);
  const level = mediaResolution ?? 'MEDIA_RESOLUTION_HIGH';
  const inputTokens = bytes + (MEDIA_TOKENS[level] ?? DEAREST_MEDIA_TOKENS);
  return ({ maxOutputTokens }) => ({ inputTokens, outputTokens: maxOutputTokens });
}
