import type { MediumName } from '../source.ts';

/** What is asked of a file where nobody chose. */
export const DEFAULT_ANALYZERS: Record<MediumName, string> = {
  image: 'describe',
  video: 'describe-video',
  document: 'describe-document',
  audio: 'transcribe',
};
