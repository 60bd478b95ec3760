import { createFault } from './errors.ts';
import { CALL_TIMEOUT_MS, MAX_ANSWER_BYTES } from './limits.ts';
import { readProblem } from './problem.ts';
import { type Reply, readResponse } from './response.ts';

export interface Call {
  baseUrl: string;
  model: string;
  key: string;
  body: string;
  /** The caller's own: when it aborts, nothing is tried again. */
  signal: AbortSignal;
  /** Epoch milliseconds. */
  deadline: number;
  fetch: typeof fetch;
}

/** One call of generateContent. Throws what readProblem and readResponse throw, and `model_unavailable`. */
export async function callModel(call: Call): Promise<Reply> {
  // The platform's own refusal of such a header would quote the key.
  if (!/^[\x21-\x7e]+$/.test(call.key)) {
    const reason = 'The key is empty or holds characters that no header can carry.';
    throw createFault('model_auth_failed', { remedy: 'new_key', reason });
  }
  const { status, body } = await post(call);
  if (status !== 200) throw readProblem(status, body, call.key);
  return readResponse(body);
}

async function post(call: Call): Promise<{ status: number; body: string }> {
  const timeLeft = Math.min(CALL_TIMEOUT_MS, call.deadline - Date.now());
  const timeout = timeLeft > 0 ? AbortSignal.timeout(timeLeft) : AbortSignal.abort();
  try {
    const response = await call.fetch(urlOf(call), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': call.key },
      body: call.body,
      signal: AbortSignal.any([call.signal, timeout]),
      redirect: 'error', // a redirect would carry the key to another host
    });
    return { status: response.status, body: await readCapped(response) };
  } catch (cause) {
    const remedy = call.signal.aborted ? 'stop' : 'retry';
    const reason = 'Gemini gave no whole answer: unreachable, cut off, too late or too large.';
    throw createFault('model_unavailable', { remedy, reason, cause });
  }
}

function urlOf({ baseUrl, model }: Call): string {
  const base = baseUrl.replace(/\/+$/, '');
  return `${base}/v1beta/models/${encodeURIComponent(model)}:generateContent`;
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new RangeError(`More than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
