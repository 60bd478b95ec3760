import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Analyzer } from '../analyzers/analyzer.ts';
import { analyzerDefinition, type NewDefinition, OWN_MEDIA } from '../analyzers/own.ts';
import {
  type createAnalyzerWriter,
  MAX_ANALYZER_VERSIONS,
  MAX_OWN_ANALYZERS,
  type OwnAnalyzers,
  type StoredAnalyzer,
} from '../analyzers/own-store.ts';
import { findBuiltIn, isBuiltIn, listBuiltIn, parseReference } from '../analyzers/registry.ts';
import { type FieldError, ServiceError } from '../errors.ts';

/** All that a client may name: what is built in, and its own, each in its newest version. */
export async function listAnalyzers(own: OwnAnalyzers, clientId: string) {
  const names = [...(await own.list(clientId))].sort(([one], [other]) => (one < other ? -1 : 1));
  const mine = names.map(([name, { version, updatedAt }]) => ({
    name,
    version,
    builtIn: false,
    media: OWN_MEDIA,
    updatedAt,
  }));
  return [...listBuiltIn().map(showBuiltIn), ...mine];
}

/**
 * One analyzer; the newest version where none is named, by `name@3` or apart.
 * @throws ServiceError `not_found`
 */
export async function showAnalyzer(
  own: OwnAnalyzers,
  clientId: string,
  named: string,
  wanted: number | undefined,
) {
  const { name = '', version = wanted } = parseReference(named) ?? {};
  if (isBuiltIn(name)) {
    const analyzer = findBuiltIn(name, version);
    if (analyzer) return { ...showBuiltIn(analyzer), ...describeAnswer(analyzer) };
  } else if (name) {
    const number = version ?? (await own.list(clientId)).get(name)?.version;
    const stored = number && (await own.readVersion(clientId, name, number));
    if (stored) return showOwn(stored);
  }
  throw new ServiceError('not_found', 'There is no analyzer of this name and version.');
}

/** What a client has put, as it is used: settings that were left out are filled in. */
function showOwn({ name, version, createdAt, definition }: StoredAnalyzer) {
  const { prompt, schema, ...settings } = analyzerDefinition.parse(JSON.parse(definition));
  const shown = { name, version, builtIn: false, media: OWN_MEDIA, createdAt };
  return { ...shown, prompt, schema, ...settings };
}

function showBuiltIn({ name, version, description, media, options }: Analyzer) {
  const shown = { name, version, builtIn: true, media, description };
  return options
    ? { ...shown, options: z.toJSONSchema(options, { unrepresentable: 'any' }) }
    : shown;
}

/** What the model is asked for, to begin an own one with: its report on words in the picture comes with each. */
function describeAnswer({ options, createQuestion }: Analyzer) {
  if (options) return {}; // they decide it
  const {
    $schema: _,
    properties,
    required,
    ...schema
  } = answerSchema.parse(createQuestion({}).answerSchema);
  const { [REPORT]: __, ...shown } = properties;
  const named = required.filter((name) => name !== REPORT);
  return { schema: { ...schema, properties: shown, required: named } };
}

const REPORT = 'instructions_in_image';
const answerSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()),
});

export interface PutAnalyzerDeps {
  writer: ReturnType<typeof createAnalyzerWriter>;
  /** Those that the stage asks: a client picks from them, for they are not its bill alone. */
  models: readonly string[];
  now(): number;
}

/**
 * The next version of a client's analyzer; the same content again is the same version again.
 * @throws ServiceError `request_invalid`
 */
export async function putAnalyzer(
  deps: PutAnalyzerDeps,
  clientId: string,
  name: string,
  definition: NewDefinition,
) {
  if (isBuiltIn(name)) throw refuse('path.name', `${name} is built in: choose another name`);
  const unknown = definition.models?.findIndex((model) => !deps.models.includes(model)) ?? -1;
  if (unknown >= 0)
    throw refuse(`body.models.${unknown}`, `has to be one of ${deps.models.join(', ')}`);
  const json = JSON.stringify(definition);
  const digest = createHash('sha256').update(json).digest('hex');
  const createdAt = new Date(deps.now()).toISOString();
  const outcome = await deps.writer.write({ clientId, name, digest, definition: json, createdAt });
  if ('analyzer' in outcome)
    return { isNew: outcome.kind === 'stored', analyzer: showOwn(outcome.analyzer) };
  throw outcome.kind === 'too_many_names'
    ? refuse('path.name', `a client may have ${MAX_OWN_ANALYZERS} analyzers`)
    : refuse('path.name', `an analyzer may have ${MAX_ANALYZER_VERSIONS} versions`);
}

function refuse(path: string, message: string): ServiceError {
  const fields: FieldError[] = [{ path, message }];
  return new ServiceError('request_invalid', `Not valid: ${path}: ${message}`, { fields });
}
