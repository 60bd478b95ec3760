import { measureDocument } from './document.ts';
import type { Measured } from './measured.ts';
import type { Media } from './media.ts';
import { readPicture } from './picture.ts';
import { measureStream } from './stream.ts';
import { describePicture } from './words.ts';

/** Tokens of a picture by level, Gemini 3 and later: https://ai.google.dev/gemini-api/docs/media-resolution. */
const IMAGE_TOKENS: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
  MEDIA_RESOLUTION_ULTRA_HIGH: 2240,
};
const DEFAULT_IMAGE_TOKENS = 1120;

/** Looks at a file; throws a refusal (400) as Google would. */
export async function measureMedia(media: Media): Promise<Measured> {
  if (media.mimeType === 'application/pdf') return measureDocument(media);
  if (/^(video|audio)\//.test(media.mimeType)) return measureStream(media);
  const knowledge = describePicture(await readPicture(media));
  const tokenCount = IMAGE_TOKENS[media.level ?? ''] ?? DEFAULT_IMAGE_TOKENS;
  return { knowledge, tokens: [{ modality: 'IMAGE', tokenCount }] };
}
