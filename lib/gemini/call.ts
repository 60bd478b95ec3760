import { createFault } from './errors.ts';
import { MAX_ANSWER_BYTES } from './limits.ts';
import { readProblem } from './problem.ts';
import type { Body } from './request.ts';
import { type Response as ModelResponse, parseResponse } from './response.ts';

export interface Call {
  baseUrl: string;
  model: string;
  key: string;
  body: Body;
  /** The caller's own: when it aborts, nothing is tried again. */
  signal: AbortSignal;
  /** Epoch milliseconds. */
  deadline: number;
  /** The longest that the call may take, in milliseconds. */
  timeoutMs: number;
  fetch: typeof fetch;
}

/** One call of generateContent. Throws what readProblem and parseResponse throw, and `model_unavailable`. */
export async function callModel(call: Call): Promise<ModelResponse> {
  // The platform's own refusal of such a header would quote the key.
  if (!/^[\x21-\x7e]+$/.test(call.key)) {
    const reason = 'The key is empty or holds characters that no header can carry.';
    throw createFault('model_auth_failed', { remedy: 'new_key', reason });
  }
  const { status, body } = await post(call);
  if (status !== 200) throw readProblem(status, body, call.key);
  return parseResponse(body);
}

async function post(call: Call): Promise<{ status: number; body: string }> {
  const timeLeft = call.deadline - Date.now();
  const stop = stopAfter(Math.min(call.timeoutMs, timeLeft));
  const given = AbortSignal.any([call.signal, stop]);
  try {
    const response = await call.fetch(urlOf(call), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        // Known beforehand: without it a stream is sent in chunks, which not every proxy takes.
        'content-length': String(call.body.length),
        'x-goog-api-key': call.key,
      },
      body: call.body.stream(),
      duplex: 'half',
      signal: given,
      redirect: 'manual', // followed, it would carry the key to another host
    });
    return { status: response.status, body: await readCapped(response) };
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

function urlOf({ baseUrl, model }: Call): string {
  const base = baseUrl.replace(/\/+$/, '');
  return `${base}/v1beta/models/${encodeURIComponent(model)}:generateContent`;
}

/** Throws RangeError beyond MAX_ANSWER_BYTES, and reads no further. */
async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new RangeError(`More than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks)); // leaves a byte order mark out
}
