import { createFault } from './errors.ts';
import { exchange, keyHeader, resolveUrl } from './exchange.ts';
import type { ReadKey } from './key.ts';
import { sendByHttp } from './transport.ts';

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
    const { status } = await exchange({
      url,
      method: 'GET',
      headers: keyHeader(key),
      signal,
      deadline: Number.POSITIVE_INFINITY,
      timeoutMs,
      transport: sendByHttp,
    });
    if (status === 200) return;
    const reason = `models.get answered ${status}.`;
    throw createFault('model_unavailable', { remedy: 'stop', reason });
  };
}
