import { boundTokens, type ModelRequest } from '../gemini/request.ts';
import { boundUsd, costUsd } from '../gemini/tally.ts';
import { toMicroUsd } from './budget.ts';

type Priced = Pick<ModelRequest, 'systemInstruction' | 'prompt' | 'responseJsonSchema'> & {
  mediaTokens: number;
  maxOutputTokens: number;
};

/** What one call of the model would cost: for the input (undefined where its price is not known), and at most. */
export function priceCall(model: string, request: Priced, inputTokens: number) {
  const bound = boundTokens(request)(request);
  return {
    inputUsd: costUsd(model, { inputTokens, outputTokens: 0 }),
    mostMicroUsd: toMicroUsd(boundUsd(model, bound)),
  };
}
