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
    throw error;
  }
}
