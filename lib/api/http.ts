import { createHash, type Hash } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import middy from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type * as z from 'zod/mini';
import type { Authenticate, Caller } from '../auth/authenticate.ts';
import type { Scope } from '../auth/key-store.ts';
import { ServiceError, toServiceError } from '../errors.ts';
import { logger } from '../log.ts';
import { type Allowance, type RateLimit, WINDOW_SECONDS } from '../rates/rate-limit.ts';
import { withDeadline } from '../retry.ts';
import type { Idempotency, Origin } from './idempotency.ts';
import { describeProblem, type Reply, readStorageTrouble } from './problem.ts';
import { isTooDeep, MAX_JSON_LEVELS, parseRequest } from './validation.ts';

/** A request's `Idempotency-Key`, and the digest of what came with it. */
interface Keyed {
  key: string;
  digest: string;
}

/** An event of the HTTP API, on its way through the chain. */
export type RouteEvent = Omit<APIGatewayProxyEventV2, 'body'> & {
  body?: unknown;
  caller?: Caller;
  keyed?: Keyed;
  /** What every answer to it carries, a refusal too. */
  answerHeaders?: Record<string, string>;
};
type Middleware = MiddlewareObj<RouteEvent, APIGatewayProxyStructuredResultV2>;

/**
 * What a request says, as a digest: method, path, query, and what its body holds, however that is written.
 * Libraries write the same JSON in another order or with other escapes, and the same form with a new boundary.
 */
function digestRequest({
  requestContext,
  rawPath,
  rawQueryString,
  body,
  isBase64Encoded,
}: RouteEvent): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([requestContext.http.method, rawPath, rawQueryString]));
  if (typeof body === 'string') hash.update(body, isBase64Encoded ? 'base64' : 'utf8');
  else if (body !== undefined) addContent(hash, body);
  return hash.digest('base64url');
}

/** As canonical JSON (RFC 8785), and bytes as they are, behind their length. */
function addContent(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) {
    hash.update(`<${value.length}>`).update(value);
  } else if (Array.isArray(value)) {
    hash.update('[');
    for (const each of value) {
      addContent(hash, each);
      hash.update(',');
    }
    hash.update(']');
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    hash.update('{');
    for (const [name, member] of members.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
      hash.update(`${JSON.stringify(name)}:`);
      addContent(hash, member);
      hash.update(',');
    }
    hash.update('}');
  } else {
    hash.update(JSON.stringify(value) ?? '');
  }
}

/** Printable ASCII. */
export const MAX_IDEMPOTENCY_KEY_CHARACTERS = 255;
const KEY_PATTERN = /^[ -~]+$/;

/** Notes the key, and what came with it: the body has been read. */
function noteKey(): Middleware {
  return {
    before: ({ event }) => {
      const key = event.headers['idempotency-key'];
      if (key === undefined) return;
      if (!KEY_PATTERN.test(key) || key.length > MAX_IDEMPOTENCY_KEY_CHARACTERS) {
        const message = `has to be 1 to ${MAX_IDEMPOTENCY_KEY_CHARACTERS} printable ASCII characters`;
        const fields = [{ path: 'headers.idempotency-key', message }];
        throw new ServiceError('request_invalid', `Idempotency-Key ${message}.`, { fields });
      }
      event.keyed = { key, digest: digestRequest(event) };
    },
  };
}

/** Does the work; for a request with a key only where that was not done before. */
function runOnce(
  idempotency: Idempotency | undefined,
  { keyed, caller, headers, requestContext }: RouteEvent,
  work: (origin?: Origin) => Promise<Reply>,
): Promise<Reply> {
  if (!idempotency || !keyed || !caller) return work();
  const { clientId } = caller;
  const credential = headers.authorization ?? '';
  const { requestId } = requestContext;
  return idempotency({ ...keyed, clientId, credential, requestId }, work);
}

/** Lets a known client's request in, or refuses it; either way the answer says how many more may come. */
function limitRate(limit: RateLimit): Middleware {
  return {
    before: async ({ event }) => {
      if (!event.caller) return;
      const allowance = await limit.take(event.caller);
      if (!allowance) return;
      event.answerHeaders = { ...event.answerHeaders, ...describeHeaders(allowance) };
      if (allowance.admitted) return;
      const { policy, perMinute, nextSeconds } = allowance;
      const message = `At most ${perMinute} ${policy} a minute; the next in ${nextSeconds} s.`;
      throw new ServiceError('rate_limited', message, { retryAfterSeconds: nextSeconds });
    },
  };
}

/** By draft-ietf-httpapi-ratelimit-headers-11 (May 2026): structured fields, one policy each. */
function describeHeaders({ policy, perMinute, remaining, nextSeconds }: Allowance) {
  const reset = nextSeconds > 0 ? `;t=${nextSeconds}` : '';
  return {
    'ratelimit-policy': `"${policy}";q=${perMinute};w=${WINDOW_SECONDS}`,
    ratelimit: `"${policy}";r=${remaining}${reset}`,
  };
}

/** Kept back from a function's time for the answer that says that a store was out of reach, in milliseconds. */
const ANSWER_MS = 1_000;
/** Of a JSON body: more than three times what all fields at their limits need. */
export const MAX_JSON_CHARACTERS = 65_536;

export interface RouteRequest<Input> {
  input: Input;
  /** Empty on routes that are open to anyone. */
  clientId: string;
  /** Undefined on routes that are open to anyone. */
  caller: Caller | undefined;
  requestId: string;
  /** When the gateway took it, in epoch milliseconds: its time to answer runs from there, also while an instance starts. */
  receivedAt: number;
  /** What ids are derived from, where the request may come again. */
  origin?: Origin | undefined;
  event: RouteEvent;
}

export interface Route<Schema extends z.core.$ZodType> {
  /** Who may come in; left out, the route is open to anyone. */
  door?: Authenticate | undefined;
  /** What the key has to be good for; left out, any valid one will do. */
  scope?: Scope;
  /** How often a client may ask; left out, as often as it likes. */
  limit?: RateLimit | undefined;
  /** Whether an `Idempotency-Key` counts. */
  idempotency?: Idempotency | undefined;
  /** Whether the body is JSON; it then stands in `input.body`. `optional`: there may be none. */
  json?: boolean | 'optional';
  /** Reads a body that is no JSON; what it says then stands in `input.body`. */
  read?: (event: RouteEvent) => Promise<unknown>;
  /** The shape of `{path, query, headers, body}`. */
  input: Schema;
  handle(request: RouteRequest<z.output<Schema>>): Promise<Reply>;
}

/** What a function that is not open to anyone hands on to the chain from its wiring. */
export interface Guards {
  door: Authenticate;
  limit?: RateLimit | undefined;
  idempotency?: Idempotency | undefined;
}

/** The chain around every HTTP function: who is it → how often → parse → handle → map errors. */
export function createHttpHandler<Schema extends z.core.$ZodType>(route: Route<Schema>) {
  const chain: Middleware[] = [answerErrors()];
  if (route.door) chain.push(admit(route.door, route.scope));
  if (route.limit) chain.push(limitRate(route.limit));
  if (route.json) chain.push(boundBody(), parseBody(route.json === 'optional'), boundLevels());
  if (route.read) chain.push(readBody(route.read));
  if (route.idempotency) chain.push(noteKey());
  const answer = middy<RouteEvent, APIGatewayProxyStructuredResultV2>()
    .use(chain)
    .handler(async (event) => {
      const input = parseInput(route.input, event);
      const { requestId, timeEpoch: receivedAt } = event.requestContext;
      const { caller } = event;
      const clientId = caller?.clientId ?? '';
      const request = { input, clientId, caller, requestId, receivedAt, event };
      const work = (origin?: Origin) => route.handle({ ...request, origin });
      return serialize(event, await runOnce(route.idempotency, event, work));
    });
  const handler = (event: RouteEvent, context: Context) => {
    const leftMs = context.getRemainingTimeInMillis() - ANSWER_MS;
    return withDeadline(Date.now() + leftMs, () => answer(event, context));
  };
  return Object.assign(handler, { route }); // for the description of the API: what is checked is what is told
}

function admit(door: Authenticate, scope: Scope | undefined): Middleware {
  return {
    before: async ({ event }) => {
      event.caller = await door(event, scope);
    },
  };
}

function answerErrors(): Middleware {
  return {
    onError: (request) => {
      const { event } = request;
      const error = classify(request.error);
      if (error.policy.alert) logger.error(error.message, describeCause(error));
      request.response = serialize(event, describeProblem(error, event.requestContext.requestId));
    },
  };
}

/** The body parser throws errors of its own; everything else unclassified is ours. */
function classify(error: unknown): ServiceError {
  const isParsers =
    error instanceof Error && 'statusCode' in error && isFromBodyParser(error.cause);
  if (!isParsers) return readStorageTrouble(error) ?? toServiceError(error);
  const message = 'The body has to be JSON, sent as application/json.';
  return new ServiceError('request_invalid', message, { cause: error });
}

function isFromBodyParser(cause: unknown): boolean {
  const parser = '@middy/http-json-body-parser';
  return (
    typeof cause === 'object' && cause !== null && 'package' in cause && cause.package === parser
  );
}

function describeCause({ cause }: ServiceError) {
  return cause instanceof Error ? { cause: cause.name, stack: cause.stack } : {};
}

function parseInput<Schema extends z.core.$ZodType>(
  schema: Schema,
  event: RouteEvent,
): z.output<Schema> {
  return parseRequest(schema, {
    path: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    body: event.body,
  });
}

function parseBody(isOptional: boolean): Middleware {
  // The cast: the parser's own event type is narrower.
  const parser = httpJsonBodyParser() as unknown as Middleware;
  if (!isOptional) return parser;
  return { before: (request) => (request.event.body ? parser.before?.(request) : undefined) };
}

function readBody(read: (event: RouteEvent) => Promise<unknown>): Middleware {
  return {
    before: async ({ event }) => {
      event.body = await read(event);
    },
  };
}

function boundLevels(): Middleware {
  return {
    before: ({ event }) => {
      if (!isTooDeep(event.body)) return;
      const message = `The body may have ${MAX_JSON_LEVELS} lists and objects within one another.`;
      throw new ServiceError('request_invalid', message);
    },
  };
}

/** Before it is parsed: a small body can repeat no more than it is long. */
function boundBody(): Middleware {
  return {
    before: ({ event }) => {
      if (typeof event.body !== 'string' || event.body.length <= MAX_JSON_CHARACTERS) return;
      const message = `The body may have ${MAX_JSON_CHARACTERS} characters.`;
      throw new ServiceError('request_invalid', message);
    },
  };
}

/** Headers on every response: not HTML, not cacheable, HTTPS only. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=63072000; includeSubDomains', // two years
  'x-content-type-options': 'nosniff',
};

function serialize(event: RouteEvent, reply: Reply): APIGatewayProxyStructuredResultV2 {
  const { requestId, routeKey, timeEpoch } = event.requestContext;
  const ms = Date.now() - timeEpoch;
  const { status, body, headers } = reply;
  const { clientId, keyId } = event.caller ?? {};
  logger.info('answered', { requestId, routeKey, status, ms, clientId, keyId });
  return {
    statusCode: status,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...SAFE_HEADERS,
      'x-request-id': requestId,
      ...event.answerHeaders,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}
