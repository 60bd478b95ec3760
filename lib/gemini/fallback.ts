import { ServiceError } from '../errors.ts';
import { createFault, delayOf, pauseOf, remedyOf } from './errors.ts';

/** Models that may answer what cannot be used before that is the end. */
const MAX_INVALID_ANSWERS = 2;

export interface Turn {
  model: string;
  /** The first of the list is preferred; the others stand in for it. */
  isFirst: boolean;
  /** Whether a model asked before gave an answer that could not be used. */
  wasInvalid: boolean;
}

/**
 * The first model that answers, in the order given. The next one is asked where a model is gone, its
 * daily quota is used up, it is unavailable, or what it says cannot be used; whatever else fails would
 * fail there too.
 */
export async function askInOrder<T>(
  models: readonly string[],
  ask: (turn: Turn) => Promise<T>,
): Promise<T> {
  const errors: unknown[] = [];
  for (const [index, model] of models.entries()) {
    try {
      return await ask({ model, isFirst: index === 0, wasInvalid: errors.some(isInvalid) });
    } catch (error) {
      if (!mayNextHelp(error)) throw error;
      errors.push(error);
      if (errors.filter(isInvalid).length >= MAX_INVALID_ANSWERS) throw error;
    }
  }
  throw errors.find(isInvalid) ?? soonest(errors) ?? noModel();
}

function mayNextHelp(error: unknown): boolean {
  const remedy = remedyOf(error);
  return remedy === 'next_model' || (remedy === 'retry' && !isRateLimit(error));
}

/** Of all that failed, the error to go by is that of the model which will be there first. */
function soonest(errors: readonly unknown[]): unknown {
  const isGone = (error: unknown) => delayOf(error) === undefined && pauseOf(error) !== undefined;
  const waitOf = (error: unknown) => (isGone(error) ? Number.MAX_VALUE : (delayOf(error) ?? 0));
  return [...errors].sort((one, other) => waitOf(one) - waitOf(other))[0];
}

/** An unusable answer goes before all else: asked again later, it would be paid for again. */
function isInvalid(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'model_output_invalid';
}

function isRateLimit(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'model_rate_limited';
}

function noModel(): ServiceError {
  return createFault('model_unavailable', { remedy: 'stop', reason: 'No model is configured.' });
}
