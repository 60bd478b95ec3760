import type { IncomingMessage } from 'node:http';
import { retry } from '../../retry.ts';
import { type Connection, endpointOf, readConnection } from './connection.ts';
import {
  type Answer,
  type Bounds,
  exchange,
  type Outgoing,
  openExchange,
  readText,
} from './exchange.ts';
import { signRequest } from './sign.ts';

export interface ClientOptions extends Bounds {
  /** Its name in endpoints and signatures. */
  service: string;
  /** In all. */
  tries: number;
  /** Left out: the service's own. */
  origin?: URL;
  /** Left out: the environment's. */
  connection?: Connection | undefined;
}

export interface Request {
  method: 'POST' | 'GET' | 'PUT' | 'DELETE';
  /** Encoded. */
  path: string;
  /** As encodeQuery writes it. */
  query?: string;
  /** In lower case. */
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Sends a signed request, again where that may help. Throws an Error that has the name which the service gave it. */
export type SendToAws = (request: Request) => Promise<string>;

/** The longest first delay between tries, and the longest of all, in milliseconds. */
const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const NEVER = new AbortController().signal;

/** A client of one service, for what is called at every request: docs/decisions/0010-a-small-client-for-what-every-request-calls.md. */
export function createClient(options: ClientOptions): SendToAws {
  const prepare = createSigner(options);
  return (request) =>
    again(options.tries, NEVER, async () =>
      readAnswer(options.service, await exchange(await prepare(request), options)),
    );
}

/** The same, for answers that are read as they come: a signal ends both the request and the answer. */
export type OpenOnAws = (request: Request, signal: AbortSignal) => Promise<IncomingMessage>;

export function createOpener(options: ClientOptions): OpenOnAws {
  const prepare = createSigner(options);
  return (request, signal) =>
    again(options.tries, signal, async () => {
      const answer = await openExchange({ ...(await prepare(request)), signal }, options);
      if (isSuccess(answer.statusCode ?? 0)) return answer;
      throw refusalOf(options.service, await readText(answer));
    });
}

function createSigner({ service, ...options }: ClientOptions) {
  const connection = options.connection ?? readConnection(service);
  const origin = options.origin ?? endpointOf(service, connection);
  return async ({ body, method, path, query, headers }: Request): Promise<Outgoing> => {
    const { region, credentials: given } = connection;
    const credentials = typeof given === 'function' ? await given() : given;
    const signature = { region, service, credentials, now: Date.now() };
    const { host } = origin;
    const signed = signRequest({ host, method, path, query, headers, body }, signature);
    const target = query === undefined ? path : `${path}?${query}`;
    return { origin, path: target, method, headers: { ...signed, ...readTrace() }, body };
  };
}

function again<T>(tries: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return retry(work, {
    tries,
    baseMs: BASE_DELAY_MS,
    capMs: MAX_DELAY_MS,
    deadline: Number.POSITIVE_INFINITY,
    signal,
    isRetryable,
  });
}

/** Lambda's, by which AWS finds functions that call each other in circles. */
function readTrace(): Record<string, string> {
  const trace = process.env._X_AMZN_TRACE_ID;
  return trace ? { 'x-amzn-trace-id': trace } : {};
}

const isSuccess = (status: number) => status >= 200 && status < 300;

function readAnswer(service: string, answer: Answer): string {
  if (isSuccess(answer.status)) return answer.text;
  throw refusalOf(service, answer);
}

function refusalOf(service: string, { status, text }: Answer): Error {
  const name = findFirst(NAMES, text) ?? `Status${status}`;
  const message = findFirst(MESSAGES, text) ?? `${service} answered ${status}.`;
  return Object.assign(new Error(message), { name, status });
}

/** In JSON, where the name of the API may stand before it; in XML. */
const NAMES = [/"__type"\s*:\s*"(?:[^"#]*#)?(\w+)"/, /<Code>(\w+)<\/Code>/];
const MESSAGES = [/"[Mm]essage"\s*:\s*"([^"]*)"/, /<Message>([^<]*)<\/Message>/];

function findFirst(patterns: readonly RegExp[], text: string): string | undefined {
  return patterns.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
}

/** Connections that broke: Node's codes. Those kept open are often found closed by the other side. */
const BROKEN = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'];
const BUSY = /Throttl|^ProvisionedThroughputExceeded|^RequestLimitExceeded|^TimeoutError$/;

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && BROKEN.includes(String(error.code))) return true;
  const isTheirs = 'status' in error && Number(error.status) >= 500;
  return isTheirs || BUSY.test(error.name);
}
