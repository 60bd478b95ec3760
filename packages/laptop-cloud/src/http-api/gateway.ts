import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Host } from '../lambda/host.ts';
import type { InvocationResult } from '../lambda/protocol.ts';
import { type Listening, listen } from '../listen.ts';
import { pause } from '../pause.ts';
import type { DeclaredCors } from '../template/template.ts';
import { createHttpEvent, type HttpAnswer, readHttpAnswer } from './payload-format.ts';
import { matchRoute, type Route } from './routes.ts';

const INTEGRATION_TIMEOUT_MS = 30_000; // an HTTP API's quota, not adjustable
// DNS rebinding: another site's name can be made to resolve to this machine, to read what only it may read.
const OWN_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** Answers a request that is not for the API, and says whether it was one. */
export type OwnRoutes = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface GatewayOptions {
  /** 0: any free port. */
  port: number;
  accountId: string;
  routes: Route[];
  cors?: DeclaredCors | undefined;
  host: Pick<Host, 'invoke'>;
  /** Given every request first. */
  ownRoutes?: OwnRoutes | undefined;
  /** In place of AWS's own answer to a request that does not fit into an invocation. */
  tooLarge?: (requestId: string) => HttpAnswer;
  integrationTimeoutMs?: number;
}

/** An HTTP API (payload format 2.0) in front of the functions, on 127.0.0.1. Rejects where the port is taken. */
export function startGateway(options: GatewayOptions): Promise<Listening> {
  const { cors, tooLarge = () => createMessage(413, 'Request Entity Too Large') } = options;
  const server = createServer((request, response) => void answer(request, response));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A body that is declared too large is refused before the client sends it.
    if (!isDeclaredTooLarge(request)) response.writeContinue();
    void answer(request, response);
  });
  return listen(server, options.port);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      response.setHeader('apigw-requestid', requestId);
      if (!OWN_HOST.test(request.headers.host ?? '')) {
        return sendAnswer(response, createMessage(421, 'Misdirected Request'));
      }
      if (await options.ownRoutes?.(request, response)) return;
      sendAnswer(response, await answerApi(request, { requestId, gone: gone.signal }));
    } catch {
      sendFailure(response);
    }
  }

  async function answerApi(request: IncomingMessage, visit: Visit): Promise<HttpAnswer> {
    const { origin } = request.headers;
    if (cors && isPreflight(cors, request)) {
      return { ...createMessage(204), headers: createPreflightHeaders(cors, origin) };
    }
    const answer = await answerRoute(request, visit);
    // Where CORS is configured, API Gateway replaces the function's own headers.
    const own = Object.entries(answer.headers).filter(
      ([name]) => !cors || !name.startsWith('access-control-'),
    );
    return {
      ...answer,
      headers: { ...Object.fromEntries(own), ...createCorsHeaders(cors, origin) },
    };
  }

  async function answerRoute(request: IncomingMessage, visit: Visit): Promise<HttpAnswer> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const match = matchRoute(options.routes, request.method ?? 'GET', path);
    if (!match) return createMessage(404, 'Not Found');
    const body = await readBody(request);
    if (!body) {
      await drainBody(request);
      return tooLarge(visit.requestId);
    }
    const { accountId } = options;
    const { requestId } = visit;
    const event = createHttpEvent(request, { accountId, body, match, requestId });
    const result = await invoke(match.route.functionName, JSON.stringify(event), visit.gone);
    if (!result) return createMessage(503, 'Service Unavailable');
    const isTooLarge = !result.ok && result.error.errorType === 'RequestEntityTooLargeException';
    return isTooLarge ? tooLarge(requestId) : readResult(result);
  }

  /**
   * Undefined after the time limit, or when the client has gone. A running function runs on, as in AWS; an
   * event that still waits for an instance is dropped, for nobody would read its answer.
   */
  async function invoke(
    name: string,
    event: string,
    gone: AbortSignal,
  ): Promise<InvocationResult | undefined> {
    const answered = new AbortController();
    const limitMs = options.integrationTimeoutMs ?? INTEGRATION_TIMEOUT_MS;
    const over = AbortSignal.any([gone, answered.signal]);
    const invocation = options.host.invoke(name, event, over);
    const result = await Promise.race([invocation, pause(limitMs, over)]);
    answered.abort();
    return result ?? undefined;
  }
}

interface Visit {
  requestId: string;
  /** Aborts when the client has its answer, or hangs up. */
  gone: AbortSignal;
}

function readResult(result: InvocationResult): HttpAnswer {
  if (result.ok)
    return readHttpAnswer(result.payload) ?? createMessage(500, 'Internal Server Error');
  if (result.reason === 'stopped') return createMessage(503, 'Service Unavailable');
  return createMessage(500, 'Internal Server Error');
}

/** An answer of the gateway's own, in API Gateway's words. */
function createMessage(status: number, message?: string): HttpAnswer {
  const body = Buffer.from(message === undefined ? '' : JSON.stringify({ message }));
  return { status, headers: { 'content-type': 'application/json' }, cookies: [], body };
}

function sendAnswer(response: ServerResponse, answer: HttpAnswer): void {
  const { status, headers, cookies, body } = answer;
  const bare = status === 204 || status === 304;
  if (status === 413 || status === 503) response.shouldKeepAlive = false;
  response.writeHead(status, {
    ...headers,
    ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    ...(bare ? {} : { 'content-length': body.length }),
  });
  response.end(bare ? undefined : body);
}

/** After an own route has failed, or an answer holds a header that HTTP cannot carry. */
function sendFailure(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    response.destroy(); // half of an answer is out, or the client is gone
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  sendAnswer(response, createMessage(500, 'Internal Server Error'));
}

const MAX_REQUEST_BYTES = 10_485_760; // an HTTP API's payload quota, not adjustable
const DRAIN_MS = 5_000;

function isDeclaredTooLarge(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES;
}

/** The whole body; undefined if it is larger than an HTTP API accepts. Rejects when the client goes away. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (isDeclaredTooLarge(request)) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop would cut the connection before the answer is out.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
      else resolve();
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client went away')));
  });
  return size > MAX_REQUEST_BYTES ? undefined : Buffer.concat(chunks);
}

/**
 * Discards the rest of the body before the refusal is sent: many clients read the answer only after they
 * have sent everything, and report a connection closed before that as a network error. A client that
 * asked first (`Expect: 100-continue`) sends nothing more.
 */
async function drainBody(request: IncomingMessage): Promise<void> {
  request.removeAllListeners('data').resume();
  if (request.headers.expect || request.readableEnded) return;
  const done = new Promise((resolve) => request.once('end', resolve).once('close', resolve));
  await Promise.race([done, pause(DRAIN_MS, new AbortController().signal)]);
}

/** CORS headers for a browser; none without an origin, or for one that is not allowed. */
function createCorsHeaders(
  cors: DeclaredCors | undefined,
  origin: string | undefined,
): Record<string, string> {
  if (!cors || !origin) return {};
  const any = cors.allowedOrigins.includes('*');
  if (!any && !cors.allowedOrigins.includes(origin)) return {};
  return {
    'access-control-allow-origin': any ? '*' : origin,
    ...(any ? {} : { vary: 'origin' }),
    ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...list('access-control-expose-headers', cors.exposedResponseHeaders),
  };
}

/** With CORS configured, API Gateway answers preflights itself: no function sees them. */
function isPreflight(cors: DeclaredCors | undefined, request: IncomingMessage): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  return Boolean(cors && request.method === 'OPTIONS' && origin && method);
}

function createPreflightHeaders(
  cors: DeclaredCors,
  origin: string | undefined,
): Record<string, string> {
  const headers = createCorsHeaders(cors, origin);
  if (Object.keys(headers).length === 0) return {};
  return {
    ...headers,
    ...list('access-control-allow-methods', cors.allowedMethods),
    ...list('access-control-allow-headers', cors.allowedHeaders),
    ...(cors.maxAge === undefined ? {} : { 'access-control-max-age': String(cors.maxAge) }),
  };
}

function list(name: string, values: string[]): Record<string, string> {
  return values.length > 0 ? { [name]: values.join(',') } : {};
}
