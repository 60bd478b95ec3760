import { ServiceError } from '../errors.ts';
import { createFault, delayOf, remedyOf } from './errors.ts';

/**
 * The first model that answers, in the order given. The next one is asked where a model is gone, its
 * daily quota is used up, or it stays unavailable; whatever else fails would fail there too.
 */
export async function askInOrder<T>(
  models: readonly string[],
  ask: (model: string) => Promise<T>,
): Promise<T> {
  const errors: unknown[] = [];
  for (const model of models) {
    try {
      return await ask(model);
    } catch (error) {
      if (!mayNextHelp(error)) throw error;
      errors.push(error);
    }
  }
  throw errors.sort((one, other) => hopelessness(one) - hopelessness(other))[0] ?? noModel();
}

function mayNextHelp(error: unknown): boolean {
  const remedy = remedyOf(error);
  return remedy === 'next_model' || (remedy === 'retry' && !isRateLimit(error));
}

/** Of all that failed, the error to go by is that of the model which will be there first. */
function hopelessness(error: unknown): number {
  const isGone = remedyOf(error) === 'next_model' && !isRateLimit(error);
  return isGone ? Number.MAX_VALUE : (delayOf(error) ?? 0);
}

function isRateLimit(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'model_rate_limited';
}

function noModel(): ServiceError {
  return createFault('model_unavailable', { remedy: 'stop', reason: 'No model is configured.' });
}
