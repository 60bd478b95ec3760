import { remedyOf } from './errors.ts';

export type ReadKey = (options: { refresh: boolean; signal: AbortSignal }) => Promise<string>;

export type WithKey = <T>(call: (key: string) => Promise<T>) => Promise<T>;

/**
 * Calls with the key as it is known; where it is refused, and the secret holds another one by now, once
 * more with that. A key may be exchanged at any time, and instances live for hours.
 */
export function createKeyUser(readKey: ReadKey, signal: AbortSignal): WithKey {
  return async (call) => {
    const key = await readKey({ refresh: false, signal });
    try {
      return await call(key);
    } catch (error) {
      if (remedyOf(error) !== 'new_key') throw error;
      const fresh = await readKey({ refresh: true, signal });
      if (fresh === key) throw error;
      return await call(fresh);
    }
  };
}
