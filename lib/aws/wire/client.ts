import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { currentDeadline, retry } from '../../retry.ts';
import { type Connection, endpointOf, readConnection, signRequest } from './sign.ts';

interface Outgoing {
  method: string;
  origin: URL;
  /** With the query, and sent as it stands: a URL would take `..` out of it, which may be part of an object's key. */
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
  signal?: AbortSignal | undefined;
}

interface Bounds {
  /** Until a new connection stands, and until the answer is there, in milliseconds; of a streamed one, until it begins. */
  connectMs: number;
  answerMs: number;
}

interface Answer {
  status: number;
  text: string;
}

/** To one service; what is above waits. */
const MAX_CONNECTIONS = 50;
// They stay open: a new one takes longer than most calls.
const httpAgent = new http.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
const httpsAgent = new https.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

/** One request and its whole answer. Rejects with Node's own errors, or with a `TimeoutError`. */
function exchange(outgoing: Outgoing, bounds: Bounds): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { sent, stop } = start(outgoing, bounds);
    sent.on('response', (response) => readText(response).then(resolve, reject));
    sent.on('error', reject).on('close', stop);
    sent.end(outgoing.body);
  });
}

/** One request; its answer's body is still to come. Rejects as `exchange` does. */
function openExchange(outgoing: Outgoing, bounds: Bounds): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { sent, stop } = start(outgoing, bounds);
    sent.on('response', (response) => {
      stop();
      resolve(response);
    });
    sent.on('error', reject).on('close', stop);
    sent.end(outgoing.body);
  });
}

/** By listeners: as an iterator of streams it takes three times as long. */
function readText(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const { statusCode: status = 0 } = response;
      resolve({ status, text: Buffer.concat(chunks).toString() });
    });
    response.on('error', reject);
  });
}

function start({ origin, method, path, headers, signal }: Outgoing, bounds: Bounds) {
  const head = { method, path, headers, ...(signal && { signal }) };
  const sent =
    origin.protocol === 'https:'
      ? https.request(origin, { ...head, agent: httpsAgent })
      : http.request(origin, { ...head, agent: httpAgent });
  return { sent, stop: boundTime(sent, bounds) };
}

/** Ends it when its time is up. */
function boundTime(sent: ClientRequest, { connectMs, answerMs }: Bounds): () => void {
  const end = (what: string) => () => {
    sent.destroy(Object.assign(new Error(`No ${what} in time.`), { name: 'TimeoutError' }));
  };
  const answering = setTimeout(end('answer'), answerMs);
  let connecting: NodeJS.Timeout | undefined;
  sent.on('socket', (socket) => {
    if (!socket.connecting) return;
    connecting = setTimeout(end('connection'), connectMs);
    socket.once('connect', () => clearTimeout(connecting));
  });
  return () => {
    clearTimeout(answering);
    clearTimeout(connecting);
  };
}

interface ClientOptions extends Bounds {
  /** Its name in endpoints and signatures. */
  service: string;
  /** In all. */
  tries: number;
  /** Left out: the service's own. */
  origin?: URL;
  /** Left out: the environment's. */
  connection?: Connection | undefined;
}

interface Request {
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
    again(options.tries, NEVER, async () => {
      const outgoing = await prepare(request);
      return readAnswer(options.service, await exchange(outgoing, boundNow(options)));
    });
}

/** The same, for answers that are read as they come: a signal ends both the request and the answer. */
type OpenOnAws = (request: Request, signal: AbortSignal) => Promise<IncomingMessage>;

export function createOpener(options: ClientOptions): OpenOnAws {
  const prepare = createSigner(options);
  return (request, signal) =>
    again(options.tries, signal, async () => {
      const outgoing = { ...(await prepare(request)), signal };
      const answer = await openExchange(outgoing, boundNow(options));
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

/** No answer is waited for beyond the invocation's own time. */
function boundNow({ connectMs, answerMs }: Bounds): Bounds {
  const leftMs = Math.max(1, currentDeadline() - Date.now());
  return { connectMs, answerMs: Math.min(answerMs, leftMs) };
}

/** The delays between the tries of one call: AWS' standard ones, but none longer than two seconds. */
const AWS_BACKOFF = { baseMs: BASE_DELAY_MS, capMs: MAX_DELAY_MS };

/** A refusal that follows a repetition says so: what was repeated may be what refuses it now. */
async function again<T>(tries: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let sent = 0;
  const send = () => {
    sent += 1;
    return work();
  };
  const deadline = currentDeadline();
  try {
    const bounds = { ...AWS_BACKOFF, tries, deadline, signal, isRetryable: isTransient };
    return await retry(send, bounds);
  } catch (error) {
    throw sent > 1 && error instanceof Error ? Object.assign(error, { isRepeated: true }) : error;
  }
}

/** Tries outside of an invocation, which has no end. */
const UNBOUNDED_TRIES = 3;

/** Repeats what must not be lost as long as the invocation has time. */
export function persist<T>(work: () => Promise<T>): Promise<T> {
  const deadline = currentDeadline();
  const tries = Number.isFinite(deadline) ? Number.POSITIVE_INFINITY : UNBOUNDED_TRIES;
  const bounds = { ...AWS_BACKOFF, tries, deadline, signal: NEVER, isRetryable: isTransient };
  return retry(work, bounds);
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
const BUSY =
  /Throttl|^ProvisionedThroughputExceeded|^RequestLimitExceeded|^SlowDown$|^(Request)?TimeoutE?/;

/** Whether AWS could not be reached, failed, or had too much to do: by our own clients and by the SDK's. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && BROKEN.includes(String(error.code))) return true;
  return readStatus(error) >= 500 || BUSY.test(error.name);
}

function readStatus(error: Error): number {
  if ('status' in error) return Number(error.status);
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const isAnswer = typeof metadata === 'object' && metadata !== null;
  return isAnswer && 'httpStatusCode' in metadata ? Number(metadata.httpStatusCode) : 0;
}

/** Calls an operation of a service that speaks AWS' JSON protocol. */
export type CallAws = (operation: string, input: object) => Promise<Record<string, unknown>>;

/** `api`: what stands before the operation's name; `version`: the protocol's. */
export function createCaller(send: SendToAws, api: string, version: '1.0' | '1.1'): CallAws {
  return async (operation, input) => {
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${api}.${operation}`,
    };
    const body = JSON.stringify(input);
    const text = await send({ method: 'POST', path: '/', headers, body });
    const answered: unknown = JSON.parse(text || '{}');
    return typeof answered === 'object' && answered !== null ? { ...answered } : {};
  };
}

interface Token {
  getRetryCount(): number;
  /** Milliseconds. */
  getRetryDelay(): number;
}

/**
 * How clients of AWS' own repeat calls: as ours do. Their own strategy counts the repetitions of a process,
 * and makes none any more after a hundred in an outage: the next answer that is lost fails its request. And
 * their delays grow to 20 seconds, beyond the function's time.
 */
export function createRetryStrategy(tries: number, answerMs: number) {
  return {
    mode: 'standard',

    acquireInitialRetryToken: async (): Promise<Token> => describeToken(0, 0),

    /** Throws where there is no other try; the client then throws the error of the last one. */
    async refreshRetryTokenForRetry(
      token: Token,
      { errorType, error }: { errorType: string; error?: unknown },
    ): Promise<Token> {
      const count = token.getRetryCount() + 1;
      const delay =
        Math.random() * Math.min(AWS_BACKOFF.capMs, AWS_BACKOFF.baseMs * 2 ** (count - 1));
      // What took all of its time once will take it again.
      const isSlow = error instanceof Error && error.name === 'TimeoutError';
      const hasTime = Date.now() + delay + (isSlow ? answerMs : 0) < currentDeadline();
      if (errorType === 'CLIENT_ERROR' || count >= tries || !hasTime)
        throw new Error('No other try.');
      return describeToken(count, delay);
    },

    recordSuccess: () => {},
  };
}

function describeToken(count: number, delay: number): Token {
  return { getRetryCount: () => count, getRetryDelay: () => delay };
}
