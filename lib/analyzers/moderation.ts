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
