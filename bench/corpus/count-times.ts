import type { Picture } from './corpus.ts';

/** Long edge, in pixels, from which a picture takes so long that a few of them can be measured. */
const LARGE_EDGE_PIXELS = 3_000;

/** The small picture that a server does so often before all others: until its code and connections are warm. */
export const WARMING = { picture: 'jpeg-0.3', times: 40 };

/** How often a cell does a picture: first without counting, then counted. */
export function countTimes({ longEdge }: Picture): { first: number; counted: number } {
  return longEdge >= LARGE_EDGE_PIXELS ? { first: 2, counted: 6 } : { first: 10, counted: 20 };
}
