import { MAX_REPAIR_BYTES } from './limits.ts';
import type { ModelRequest, Variant } from './request.ts';

/** Tokens of a picture that is looked at most closely: what counts for one of which nobody says. */
const DEAREST_PICTURE_TOKENS = 2_240;

export type TokenBound = (variant: Pick<Variant, 'maxOutputTokens'>) => {
  inputTokens: number;
  outputTokens: number;
};

type Asked = Pick<
  ModelRequest,
  'systemInstruction' | 'prompt' | 'responseJsonSchema' | 'mediaTokens'
>;

/**
 * The most tokens that a call can be billed for: no tokenizer makes more than one token of a byte, and
 * what is written, thinking included, ends at the cap that the call sets.
 */
export function boundTokens(request: Asked): TokenBound {
  const { systemInstruction, prompt, responseJsonSchema } = request;
  const { mediaTokens = DEAREST_PICTURE_TOKENS } = request;
  const words = [systemInstruction, prompt, JSON.stringify(responseJsonSchema)];
  const bytes = words.reduce((sum, text) => sum + Buffer.byteLength(text), MAX_REPAIR_BYTES);
  const inputTokens = bytes + mediaTokens;
  return ({ maxOutputTokens }) => ({ inputTokens, outputTokens: maxOutputTokens });
}
