import { createHash } from 'node:crypto';
import type { NewDefinition } from '../analyzers/definition.ts';
import { isBuiltIn } from '../analyzers/registry.ts';
import {
  type createAnalyzerWriter,
  MAX_ANALYZER_VERSIONS,
  MAX_OWN_ANALYZERS,
} from '../aws/analyzer-writer.ts';
import { type FieldError, ServiceError } from '../errors.ts';
import { showOwn } from './show-analyzer.ts';

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
