import { lookup as resolveName } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { ServiceError } from '../errors.ts';
import { createGuardedLookup, parseTarget, type Reach, type Resolve } from './webhook-target.ts';

/** From the look-up of the name to the head of the answer, in milliseconds. */
const CALL_TIMEOUT_MS = 15_000;

export interface WebhookCall {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** What came of a call: the answer's status, or why there was none. */
export type CallResult = { status: number } | { failure: 'refused_target' | 'no_answer' };

export interface CallerOptions {
  reach: Reach;
  resolve?: Resolve;
  timeoutMs?: number;
}

const resolveAll: Resolve = (hostname) => resolveName(hostname, { all: true });

/**
 * Posts to targets that clients name. Redirects are not followed, nothing of the answer but its status is
 * read, and the only addresses that are connected to are those that were checked.
 */
export function createWebhookCaller({ reach, resolve = resolveAll, timeoutMs }: CallerOptions) {
  return async (call: WebhookCall): Promise<CallResult> => {
    try {
      const url = parseTarget(call.url, reach);
      const signal = AbortSignal.timeout(timeoutMs ?? CALL_TIMEOUT_MS);
      return {
        status: await post(url, call, { signal, lookup: createGuardedLookup(resolve, reach) }),
      };
    } catch (error) {
      return { failure: error instanceof ServiceError ? 'refused_target' : 'no_answer' };
    }
  };
}

export type CallWebhook = ReturnType<typeof createWebhookCaller>;

type Guard = { signal: AbortSignal; lookup: ReturnType<typeof createGuardedLookup> };

function post(
  url: URL,
  { headers, body }: WebhookCall,
  { signal, lookup }: Guard,
): Promise<number> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const length = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    // Without an agent: a connection is never used again for a name that may lead elsewhere by then.
    const options = { method: 'POST', agent: false, signal, lookup } as const;
    const sent = send(url, { ...options, headers: { ...headers, 'content-length': length } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.end(body);
  });
}
