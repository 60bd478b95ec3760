import type { Analyzer } from './analyzer.ts';
import { classify, classify1 } from './classify.ts';
import { describe, describe1 } from './describe.ts';
import { describeDocument, describeDocument1 } from './describe-document.ts';
import { describeVideo, describeVideo1 } from './describe-video.ts';
import { extract } from './extract.ts';
import { moderate, moderate1 } from './moderate.ts';
import { readText, readText1 } from './read-text.ts';
import { transcribe } from './transcribe.ts';

/** Built in. One that is here is never changed: another prompt or schema is another version, beside it. */
export const BUILT_IN: readonly Analyzer[] = [
  describe,
  describe1,
  readText,
  readText1,
  moderate,
  moderate1,
  classify,
  classify1,
  extract,
  describeDocument,
  describeDocument1,
  describeVideo,
  describeVideo1,
  transcribe,
];

/** Each in its newest version: those that a client is offered. */
export function listBuiltIn(): Analyzer[] {
  return BUILT_IN.filter((analyzer) => findBuiltIn(analyzer.name) === analyzer);
}

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
