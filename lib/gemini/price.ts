import type { CallPrice, PricedRequest } from '../model/model.ts';
import { countMediaTokens, countTextTokens } from './media-tokens.ts';
import { boundTokens } from './request.ts';
import { boundUsd, costUsd } from './tally.ts';

/** The price of the model's first call, without making it. */
export function priceCall(model: string, request: PricedRequest): CallPrice {
  const { instructions, prompt, media, mediaResolution } = request;
  const mediaTokens = countMediaTokens(media.measures, mediaResolution, media.clip);
  const inputTokens = mediaTokens + countTextTokens(instructions) + countTextTokens(prompt);
  return {
    mediaTokens,
    inputTokens,
    inputUsd: costUsd(model, { inputTokens, outputTokens: 0 }),
    mostUsd: boundUsd(model, boundTokens(request)(request)),
  };
}
