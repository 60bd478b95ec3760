import { createFault } from './errors.ts';
import type { Answer, Outgoing, Transport } from './transport.ts';

/** What every call is bound by. */
export interface Bounds {
  /** The caller's own: when it aborts, nothing is tried again. */
  signal: AbortSignal;
  /** Epoch milliseconds. */
  deadline: number;
  /** The longest that the call may take, in milliseconds. */
  timeoutMs: number;
}

export interface Exchange extends Bounds, Omit<Outgoing, 'signal'> {
  transport: Transport;
}

/** The header that carries the key. Throws `model_auth_failed` where it cannot. */
export function keyHeader(key: string): { 'x-goog-api-key': string } {
  // The platform's own refusal of such a header would quote the key.
  if (/^[\x21-\x7e]+$/.test(key)) return { 'x-goog-api-key': key };
  const reason = 'The key is empty or holds characters that no header can carry.';
  throw createFault('model_auth_failed', { remedy: 'new_key', reason });
}

/** `path` beneath a base address, with or without a slash at its end. */
export function resolveUrl(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/\/$/, '')}${path}`;
}

/** One call, whatever its status. Throws `model_unavailable` where no whole answer comes. */
export async function exchange(call: Exchange): Promise<Answer> {
  const timeLeft = call.deadline - Date.now();
  const stop = stopAfter(Math.min(call.timeoutMs, timeLeft));
  try {
    const { url, method, headers, body } = call;
    const signal = AbortSignal.any([call.signal, stop]);
    return await call.transport({ url, method, headers, body, signal });
  } catch (cause) {
    if (call.signal.aborted || (stop.aborted && timeLeft <= call.timeoutMs))
      throw unreachable('stop', 'no time is left', cause);
    // What hung or flooded once is not asked for the same again at once.
    const remedy = stop.aborted || cause instanceof RangeError ? 'next_model' : 'retry';
    throw unreachable(remedy, 'unreachable, cut off, too late or too large', cause);
  }
}

function stopAfter(milliseconds: number): AbortSignal {
  return milliseconds > 0 ? AbortSignal.timeout(milliseconds) : AbortSignal.abort();
}

function unreachable(remedy: 'stop' | 'retry' | 'next_model', why: string, cause: unknown): Error {
  const reason = `Gemini gave no whole answer: ${why}.`;
  return createFault('model_unavailable', { remedy, reason, cause });
}
