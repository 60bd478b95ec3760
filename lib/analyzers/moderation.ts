import * as z from 'zod/mini';

/** What media are rated in, and how strongly. */
export const LEVELS = ['none', 'low', 'medium', 'high'] as const;
export const CATEGORIES = [
  'sexual',
  'violence',
  'hate',
  'harassment',
  'selfHarm',
  'drugs',
  'weapons',
] as const;
type Category = (typeof CATEGORIES)[number];

/** Of what nobody could judge: `none` would be a verdict. */
export const UNRATED = 'unrated';
export const LEVELS_OR_UNRATED = [...LEVELS, UNRATED] as const;
export type Level = (typeof LEVELS_OR_UNRATED)[number];

/** The same rating for each category. */
export function rateEach<Rating extends z.ZodMiniType>(rating: Rating) {
  return z.object({
    sexual: rating,
    violence: rating,
    hate: rating,
    harassment: rating,
    selfHarm: rating,
    drugs: rating,
    weapons: rating,
  } satisfies Record<Category, Rating>);
}

/** Where nothing was seen, one category that was not rated is enough to leave it open. */
export function highestOf(levels: readonly Level[]): Level {
  const shown = LEVELS.findLast((level) => level !== 'none' && levels.includes(level));
  return shown ?? (levels.includes(UNRATED) ? UNRATED : 'none');
}
