import type { MediumName } from '../analysis.ts';

/** What is asked of a file where nobody chose. */
export const DEFAULT_ANALYZERS: Record<MediumName, string> = {
  image: 'describe',
  video: 'describe-video',
  document: 'describe-document',
  audio: 'transcribe',
};
