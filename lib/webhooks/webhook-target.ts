import type { LookupAddress } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { MAX_TARGET_CHARACTERS } from '../analysis/fields.ts';
import { ServiceError } from '../errors.ts';

/** IPv6 addresses outside of it are tunnels, translations, local ones, or nobody's. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/** Allowed targets: the public internet by https; on a laptop also loopback, by http too. */
export type Reach = 'public' | 'local';

export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/**
 * The address of a target, as far as it can be judged without asking anyone: what its name leads to is
 * checked when it is called, each time.
 * @throws ServiceError `request_invalid`
 */
export function parseTarget(text: string, reach: Reach, field = 'url'): URL {
  const refuse = (message: string) => refuseTarget(message, field);
  const url =
    URL.canParse(text) && text.length <= MAX_TARGET_CHARACTERS ? new URL(text) : undefined;
  if (!url || url.username || url.password) throw refuse('It has to be a URL without a password.');
  const address = addressIn(url);
  const isLocal = reach === 'local' && (url.hostname === 'localhost' || isLoopback(address ?? ''));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw refuse('It has to be an https address.');
  if (address && !mayCall(address, reach)) throw refuse('It has to be a public address.');
  return url;
}

/** The address that stands in the place of a name; the URL has normalised decimal, octal and short forms. */
function addressIn({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) > 0 ? bare : undefined;
}

/**
 * A lookup for one connection: resolves the name, and hands on only addresses that may be called. What was
 * checked is what is connected to, so that a name that changes in between is of no use.
 */
function createGuardedLookup(resolve: Resolve, reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname)
      .then((addresses) => checkAll(hostname, addresses, reach))
      .then(
        (addresses) => {
          if (options.all) return callback(null, addresses);
          const [{ address, family } = { address: '', family: 0 }] = addresses;
          return callback(null, address, family);
        },
        (error: Error) => callback(error, '', 0),
      );
  };
}

/** One address out of reach spoils them all: an honest name has none. */
function checkAll(hostname: string, addresses: LookupAddress[], reach: Reach): LookupAddress[] {
  const isFine = addresses.length > 0 && addresses.every(({ address }) => mayCall(address, reach));
  if (!isFine) throw refuseTarget(`${hostname} leads to no public address.`, 'url');
  return addresses;
}

export function mayCall(address: string, reach: Reach): boolean {
  if (isIP(address) === 0) return false;
  if (reach === 'local' && isLoopback(address)) return true;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

function isLoopback(address: string): boolean {
  return isIP(address) > 0 && ipaddr.parse(address).range() === 'loopback';
}

function refuseTarget(message: string, field: string): ServiceError {
  const fields = [{ path: `body.${field}`, message }];
  return new ServiceError('request_invalid', `This target is not called. ${message}`, { fields });
}

/** From the look-up of the name to the head of the answer, in milliseconds. */
const CALL_TIMEOUT_MS = 15_000;

interface WebhookCall {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The outcome of a call: the status, or the reason why there is none. */
export type CallResult = { status: number } | { failure: 'refused_target' | 'no_answer' };

interface CallerOptions {
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
