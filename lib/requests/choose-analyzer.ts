import * as z from 'zod/mini';
import type { Analyzer } from '../analyzers/analyzer.ts';
import type { FindAnalyzer } from '../analyzers/own-store.ts';
import { DEFAULT_ANALYZERS, parseReference } from '../analyzers/registry.ts';
import { isTooDeep, MAX_JSON_LEVELS, parseRequest } from '../api/validation.ts';
import { mediumOf } from '../media/claimed-type.ts';

/** The fields by which a client picks an analyzer. */
export const analyzerFields = {
  /** `name`, or `name@version`; left out: by the kind of file that comes. */
  analyzer: z.optional(z.string()),
  /** What the analyzer needs to be told: labels, a schema. */
  options: z
    .optional(z.unknown())
    .check(z.refine((given) => !isTooDeep(given), `may be nested ${MAX_JSON_LEVELS} deep`)),
};

export interface ChosenAnalyzer {
  /** Nobody chose: what kind of file comes may change it. */
  byMedium: boolean;
  analyzer: { name: string; version: number };
  /** Checked, as JSON: the table's maps keep no order, and a schema's is meant. */
  options: string | undefined;
}

/**
 * The analyzer that a request names, in the version of today, with its options checked.
 * @param place where the fields stand in the request, for the errors
 * @throws ServiceError `request_invalid`
 */
export async function chooseAnalyzer(
  findAnalyzer: FindAnalyzer,
  clientId: string,
  given: { analyzer?: string | undefined; options?: unknown; contentType: string },
  place: 'body' | 'form',
): Promise<ChosenAnalyzer> {
  const name = given.analyzer ?? DEFAULT_ANALYZERS[mediumOf(given.contentType)];
  const reference = parseReference(name);
  const analyzer = reference && (await findAnalyzer(clientId, reference));
  const fields = z.object({
    analyzer: z.string().check(z.refine(() => analyzer, 'there is no analyzer of this name')),
    options: describeOptions(analyzer),
  });
  const { options } =
    place === 'body'
      ? parseRequest(z.object({ body: fields }), { body: { ...given, analyzer: name } }).body
      : parseRequest(fields, { ...given, analyzer: name });
  if (!analyzer) throw new Error('An analyzer that is not there was accepted');
  return {
    analyzer: { name: analyzer.name, version: analyzer.version },
    byMedium: given.analyzer === undefined,
    options: options === undefined ? undefined : JSON.stringify(options),
  };
}

/** Where none are taken they are refused, not ignored: who gives labels means to have them looked for. */
function describeOptions(analyzer: Analyzer | undefined): z.ZodMiniType {
  if (!analyzer) return z.optional(z.unknown());
  const { name, options } = analyzer;
  if (!options) return z.optional(z.undefined(`${name} takes no options`));
  const isGiven = (given: unknown): boolean => given !== undefined;
  return z.pipe(
    z.unknown().check(z.refine(isGiven, { error: `${name} needs options`, abort: true })),
    options,
  );
}
