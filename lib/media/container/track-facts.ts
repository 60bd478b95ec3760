import type { Track } from '../../analysis/source.ts';
import type { ContainerType } from '../media-types.ts';

/** The tracks of a container, and what else it tells. */
export interface ContainerFacts {
  /** From the first picture or sound to the end of the last one. */
  durationSeconds: number;
  tracks: Track[];
  /** Kinds of data that it carries about itself. */
  metadata: string[];
}

/** The task of the thread. */
export interface TracksTask {
  bytes: number;
  type: ContainerType;
}

/** The thread's messages: a range that it wants to read, or its answer. */
export type TracksMessage =
  | { read: { start: number; end: number } }
  | { answer: ContainerFacts }
  | { failure: string };

/** By the names of tags, of whichever container; nobody looks at their values. */
const KINDS: readonly (readonly [kind: string, names: RegExp])[] = [
  ['location', /xyz|loci|location|gps|geo/i],
  ['device', /make|model|\.camera|\xa9(mak|mod)|manufacturer/i],
  ['software', /software|encoder|encoded|\xa9(too|swr|enc)|TSSE|TENC|ISFT|vendor/i],
  ['date', /date|year|\xa9day|creat|TDRC|TYER|TDAT|ICRD/i],
  ['cover', /covr|APIC|picture/i],
];

/** The kinds of data about itself that a file carries; `tags` for those that are none of the known ones. */
export function nameKinds(tags: Record<string, unknown>): string[] {
  const kinds = Object.keys(tags).map(
    (name) => KINDS.find(([, names]) => names.test(name))?.[0] ?? 'tags',
  );
  return [...new Set(kinds)].sort();
}
