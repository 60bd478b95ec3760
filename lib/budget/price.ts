import { boundTokens, type ModelRequest } from '../gemini/request.ts';
import { boundUsd, costUsd } from '../gemini/tally.ts';
import { toMicroUsd } from './budget.ts';

type Priced = Pick<ModelRequest, 'systemInstruction' | 'prompt' | 'responseJsonSchema'> & {
  mediaTokens: number;
  maxOutputTokens: number;
};

/** The price of one model call: of its input (undefined if the price is unknown), and its upper bound. */
export function priceCall(model: string, request: Priced, inputTokens: number) {
  const bound = boundTokens(request)(request);
  return {
    inputUsd: costUsd(model, { inputTokens, outputTokens: 0 }),
    mostMicroUsd: toMicroUsd(boundUsd(model, bound)),
  };
}
