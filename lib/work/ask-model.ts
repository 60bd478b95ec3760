import { ServiceError } from '../errors.ts';
import type { Gemini, ModelAnswer } from '../gemini/client.ts';
import type { ModelRequest } from '../gemini/request.ts';
import { spentOf, sumUsage } from '../gemini/tally.ts';
import type { Held } from './settle.ts';

/**
 * Asks the model, and notes in the record what that cost, with what earlier tries have cost: also where
 * no answer came of it. Throws what Gemini.ask throws. `deadline` in epoch milliseconds.
 */
export async function askModel<T>(
  gemini: Gemini,
  { record, lease, purse }: Held,
  request: ModelRequest,
  parse: (json: unknown) => T,
  deadline: number,
): Promise<ModelAnswer<T>> {
  try {
    const { attempts, pausedTries = 0, waits = 0 } = record;
    const isRetry = attempts + pausedTries + waits > 1; // one that waited did so for a model in trouble
    const { signal } = lease;
    const options = { signal, deadline, isRetry, meter: purse.meter };
    const answer = await gemini.ask(request, parse, options);
    lease.note({ usage: sumUsage(record.usage, answer.usage) });
    return answer;
  } catch (error) {
    const spent = spentOf(error);
    if (spent) lease.note({ usage: sumUsage(record.usage, spent) });
    throw 'uri' in request.media ? withoutBlame(error) : error;
  }
}

/**
 * Of a file that is gone Gemini says what it says of a bad key. The next try looks: a file is sent again,
 * and a bad key is refused there.
 */
function withoutBlame(error: unknown): unknown {
  const isRefused = error instanceof ServiceError && error.code === 'model_auth_failed';
  return isRefused
    ? new ServiceError('model_unavailable', undefined, { cause: error.cause })
    : error;
}
