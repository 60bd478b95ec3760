import type { GenerateRequest } from './request-schema.ts';

/** Tokens an image by resolution level, Gemini 3 and later: https://ai.google.dev/gemini-api/docs/media-resolution. */
const IMAGE_TOKENS: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
  MEDIA_RESOLUTION_ULTRA_HIGH: 2240,
};
const DEFAULT_IMAGE_TOKENS = 1120;
/** Google's rule of thumb. */
export const CHARACTERS_PER_TOKEN = 4;

export interface Usage {
  promptTokenCount: number;
  candidatesTokenCount: number;
  thoughtsTokenCount?: number;
  totalTokenCount: number;
  promptTokensDetails: { modality: 'TEXT' | 'IMAGE'; tokenCount: number }[];
}

/** Tokens of a text, by the rule of thumb. */
export function countTextTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** The usageMetadata of an answer; thoughts only where there were any, as Google leaves out zeros. */
export function countUsage(
  request: GenerateRequest,
  answer: string,
  thoughtsTokenCount = 0,
): Usage {
  const { text, image } = countPrompt(request);
  const candidatesTokenCount = countTextTokens(answer);
  const details: Usage['promptTokensDetails'] = [{ modality: 'TEXT', tokenCount: text }];
  if (image > 0) details.push({ modality: 'IMAGE', tokenCount: image });
  return {
    promptTokenCount: text + image,
    candidatesTokenCount,
    ...(thoughtsTokenCount > 0 ? { thoughtsTokenCount } : {}),
    totalTokenCount: text + image + candidatesTokenCount + thoughtsTokenCount,
    promptTokensDetails: details,
  };
}

function countPrompt(request: GenerateRequest): { text: number; image: number } {
  const parts = [...request.contents, request.systemInstruction].flatMap((one) => one?.parts ?? []);
  const general = request.generationConfig?.mediaResolution;
  let text = 0;
  let image = 0;
  for (const part of parts) {
    text += countTextTokens(part.text ?? '');
    if (part.inlineData === undefined && part.fileData === undefined) continue;
    const level = part.mediaResolution?.level ?? general;
    image += IMAGE_TOKENS[level ?? ''] ?? DEFAULT_IMAGE_TOKENS;
  }
  return { text, image };
}
