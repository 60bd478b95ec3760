import { measureDocument } from './document.ts';
import type { Media } from './media.ts';
import { measureMedia } from './picture.ts';
import type { GenerateRequest } from './request-schema.ts';
import { measureStream } from './stream.ts';
import { describePicture, type Knowledge } from './words.ts';

/** Tokens by what they stand for, in Google's names. */
export interface TokenCount {
  modality: 'TEXT' | 'IMAGE' | 'VIDEO' | 'AUDIO' | 'DOCUMENT';
  tokenCount: number;
}

/** What was found out about one file of a request. */
export interface Measured {
  knowledge: Knowledge;
  tokens: readonly TokenCount[];
}

/** A request, and what was measured of its files, in order. */
export type Question = GenerateRequest & { measured: readonly Measured[] };

/** Tokens of a picture by level, Gemini 3 and later: https://ai.google.dev/gemini-api/docs/media-resolution. */
const IMAGE_TOKENS: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
  MEDIA_RESOLUTION_ULTRA_HIGH: 2240,
};
const DEFAULT_IMAGE_TOKENS = 1120;

/** Looks at a file; throws a refusal (400) as Google would. */
export async function measure(media: Media): Promise<Measured> {
  if (media.mimeType === 'application/pdf') return measureDocument(media);
  if (/^(video|audio)\//.test(media.mimeType)) return measureStream(media);
  const knowledge = describePicture(await measureMedia(media));
  const tokenCount = IMAGE_TOKENS[media.level ?? ''] ?? DEFAULT_IMAGE_TOKENS;
  return { knowledge, tokens: [{ modality: 'IMAGE', tokenCount }] };
}
