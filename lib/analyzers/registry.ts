import * as z from 'zod/mini';
import type { MediumName } from '../analysis/source.ts';
import type { Analyzer } from './analyzer.ts';
import { classify, classify1 } from './classify.ts';
import { describe, describe1 } from './describe.ts';
import { describeDocument, describeDocument1 } from './describe-document.ts';
import { describeVideo, describeVideo1 } from './describe-video.ts';
import { extract } from './extract.ts';
import { moderate, moderate1 } from './moderate.ts';
import { readText, readText1 } from './read-text.ts';
import { transcribe } from './transcribe.ts';

/** What is asked of a file where nobody chose. */
export const DEFAULT_ANALYZERS: Record<MediumName, string> = {
  image: 'describe',
  video: 'describe-video',
  document: 'describe-document',
  audio: 'transcribe',
};

const MAX_NAME_CHARACTERS = 64;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const VERSION = /^[1-9]\d{0,8}$/;
const MAX_VERSION_DIGITS = 9;

/** The name of an analyzer, as a client may give one to its own. */
export const analyzerName = z
  .string()
  .check(
    z.regex(NAME, `has to be a name of a–z, 0–9 and -, at most ${MAX_NAME_CHARACTERS} characters`),
  );

/** Of an analyzer; as a query has it, too. */
export const analyzerVersion = z.coerce
  .number()
  .check(z.int(), z.minimum(1), z.maximum(10 ** MAX_VERSION_DIGITS - 1));

/** Which analyzer is meant: `name`, in its newest version, or `name@3`. */
export interface AnalyzerReference {
  name: string;
  version?: number | undefined;
}

/** Undefined for what can be no analyzer's name. */
export function parseReference(text: string): AnalyzerReference | undefined {
  const [name = '', version, ...more] = text.split('@', 3);
  if (!NAME.test(name) || more.length > 0) return undefined;
  if (version === undefined) return { name };
  return VERSION.test(version) ? { name, version: Number(version) } : undefined;
}

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
