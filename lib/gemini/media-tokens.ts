import type { Clip } from '../analysis/source.ts';
import type { Measures, Resolution } from '../model/model.ts';

// What the model bills for a file, by its documentation (ai.google.dev/gemini-api/docs/media-resolution,
// …/tokens): the one place for these rules.

/** Of a picture, by how closely it is looked at. */
const PICTURE_TOKENS: Record<Resolution, number> = {
  low: 280,
  medium: 560,
  high: 1_120,
};
/** Of a page of a document; the text in it costs nothing more. */
const PAGE_TOKENS: Record<Resolution, number> = PICTURE_TOKENS;
/** Of one picture out of a video. */
const FRAME_TOKENS: Record<Resolution, number> = {
  low: 70,
  medium: 70,
  high: 280,
};
/** Pictures of a video that are looked at, a second. */
const FRAMES_PER_SECOND = 1;
/** Of a second of sound, alone or with a video. */
const SOUND_TOKENS_PER_SECOND = 32;
/** A model reads four characters a token, as a rule. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Tokens of a file. What is not known of it counts as little as it can: a document has a page, a video no
 * length; a video whose tracks are not known has sound.
 */
export function countMediaTokens(
  { medium, pages = 1, pageRange, durationSeconds = 0, tracks }: Measures,
  resolution: Resolution,
  clip: Clip = {},
): number {
  const seconds = Math.max(
    0,
    Math.min(clip.end ?? durationSeconds, durationSeconds) - (clip.start ?? 0),
  );
  const sound = Math.ceil(seconds * SOUND_TOKENS_PER_SECOND);
  switch (medium) {
    case 'image':
      return PICTURE_TOKENS[resolution];
    case 'document':
      return PAGE_TOKENS[resolution] * (pageRange ? pageRange.last - pageRange.first + 1 : pages);
    case 'audio': // a clip of it is asked for in words: the model is sent, and bills, all of it
      return Math.ceil(durationSeconds * SOUND_TOKENS_PER_SECOND);
    case 'video': {
      const frames = Math.ceil(seconds * (clip.fps ?? FRAMES_PER_SECOND));
      const hasSound = !tracks || tracks.some(({ kind }) => kind === 'audio');
      return frames * FRAME_TOKENS[resolution] + (hasSound ? sound : 0);
    }
  }
}

/** Tokens of what is said beside the file. */
export function countTextTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
