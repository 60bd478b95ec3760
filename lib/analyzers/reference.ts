import * as z from 'zod/mini';

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
