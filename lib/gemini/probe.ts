import { createFault } from './errors.ts';
import { keyHeader, resolveUrl } from './exchange.ts';
import type { ReadKey } from './key.ts';

export interface ProbeOptions {
  /** With or without a slash at its end. */
  baseUrl: string;
  readKey: ReadKey;
  /** The longest that a model may take to answer, in milliseconds. */
  timeoutMs: number;
}

/** Asks models.get, which costs nothing; throws where the model, or our key, is not known there. */
export function createModelProbe({ baseUrl, readKey, timeoutMs }: ProbeOptions) {
  return async (model: string): Promise<void> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const key = await readKey({ refresh: false, signal });
    const url = resolveUrl(baseUrl, `/v1beta/models/${encodeURIComponent(model)}`);
    const response = await fetch(url, {
      headers: keyHeader(key),
      redirect: 'manual', // followed, it would carry the key to another host
      signal,
    });
    await response.body?.cancel();
    if (response.ok) return;
    const reason = `models.get answered ${response.status}.`;
    throw createFault('model_unavailable', { remedy: 'stop', reason });
  };
}
