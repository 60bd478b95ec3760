import type { Analyzer } from './analyzer.ts';
import { classify } from './classify.ts';
import { describe } from './describe.ts';
import { describeDocument } from './describe-document.ts';
import { describeVideo } from './describe-video.ts';
import { extract } from './extract.ts';
import { moderate } from './moderate.ts';
import { readText } from './read-text.ts';
import { transcribe } from './transcribe.ts';

/** Built in. One that is here is never changed: another prompt or schema is another version, beside it. */
export const BUILT_IN: readonly Analyzer[] = [
  describe,
  readText,
  moderate,
  classify,
  extract,
  describeDocument,
  describeVideo,
  transcribe,
];

/** Whether the name is one of ours, which no client can give to its own. */
export function isBuiltIn(name: string): boolean {
  return BUILT_IN.some((analyzer) => analyzer.name === name);
}

/** The built-in analyzer of that name, in its newest version where none is named. */
export function findBuiltIn(name: string, version?: number): Analyzer | undefined {
  const versions = BUILT_IN.filter((analyzer) => analyzer.name === name);
  if (version !== undefined) return versions.find((analyzer) => analyzer.version === version);
  return versions.sort((one, other) => other.version - one.version)[0];
}
