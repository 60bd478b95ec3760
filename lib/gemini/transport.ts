import http, {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import https from 'node:https';
import { createFault } from './errors.ts';
import { MAX_ANSWER_BYTES } from './limits.ts';
import type { Body } from './request.ts';

interface Outgoing {
  url: string;
  method: 'GET' | 'POST' | 'DELETE';
  headers: Record<string, string>;
  body?: Body | undefined;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One call, whatever its status; follows nobody to another host, who would get the key. */
export type Transport = (outgoing: Outgoing) => Promise<Answer>;

// They stay open: a new one takes longer than to send a picture.
const httpAgent = new http.Agent({ keepAlive: true });
const httpsAgent = new https.Agent({ keepAlive: true });

/**
 * By Node's own client, which AWS' calls have loaded: fetch costs three times as much, and more at its first
 * call. Rejects with Node's errors, and with a RangeError beyond MAX_ANSWER_BYTES.
 */
export const sendByHttp: Transport = ({ url, method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    const length = body && { 'content-length': String(body.length) }; // else in chunks, which not every proxy takes
    const options = { method, signal, headers: { ...headers, ...length } };
    const sent =
      target.protocol === 'https:'
        ? https.request(target, { ...options, agent: httpsAgent })
        : http.request(target, { ...options, agent: httpAgent });
    sent.on('response', (response) => readCapped(response).then(resolve, reject));
    sent.on('error', reject);
    if (body) writeBody(sent, body).catch(reject);
    else sent.end();
  });

/** No faster than it leaves: a large body is made while it is sent. What is last goes with the end, in one write. */
async function writeBody(sent: ClientRequest, body: Body): Promise<void> {
  let held: Uint8Array | undefined;
  for (const piece of body.pieces()) {
    if (held && !sent.write(held)) await untilDrained(sent);
    if (sent.destroyed) return;
    held = piece;
  }
  sent.end(held);
}

function untilDrained(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      sent.off('drain', go).off('close', go);
      resolve();
    };
    if (sent.destroyed) resolve();
    else sent.on('drain', go).on('close', go);
  });
}

function readCapped(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    response.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES)
        response.destroy(new RangeError(`More than ${MAX_ANSWER_BYTES} bytes.`));
      else chunks.push(chunk);
    });
    response.on('end', () => {
      // The decoder leaves a byte order mark out.
      resolve({ status, headers, body: new TextDecoder().decode(Buffer.concat(chunks)) });
    });
    response.on('error', reject);
  });
}

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
