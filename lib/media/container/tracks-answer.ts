import type { Track } from '../../source.ts';

/** What is in a container. */
export interface TracksAnswer {
  /** From the first picture or sound to the end of the last one. */
  durationSeconds: number;
  tracks: Track[];
  /** Kinds of what else it tells. */
  metadata: string[];
}

/** What the thread is given. */
export interface TracksTask {
  bytes: number;
  type: string;
}

/** What the thread says: what it wants to read, or what it has found. */
export type TracksMessage =
  | { read: { start: number; end: number } }
  | { answer: TracksAnswer }
  | { failure: string };
