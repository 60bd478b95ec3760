import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { RouteMatch } from './routes.ts';

interface HttpEventOptions {
  accountId: string;
  body: Buffer;
  match: RouteMatch;
  requestId: string;
}

// Everything else is passed on in base64, multipart forms included.
const TEXT_TYPE = /^(text\/|application\/(json|javascript|xml)\b)/i;

/**
 * The event of an HTTP API, payload format 2.0. Keys that AWS leaves out when they are empty are undefined here.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function createHttpEvent(request: IncomingMessage, options: HttpEventOptions) {
  const { match, body } = options;
  const [rawPath = '/', ...query] = (request.url ?? '/').split('?');
  const rawQueryString = query.join('?');
  const text = isText(request.headers['content-type'], body);
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath,
    rawQueryString,
    cookies: readCookies(request),
    headers: readHeaders(request),
    queryStringParameters: readQuery(rawQueryString),
    requestContext: createContext(request, rawPath, options),
    pathParameters: match.pathParameters,
    body: body.length > 0 ? body.toString(text ? 'utf8' : 'base64') : undefined,
    isBase64Encoded: body.length > 0 && !text,
  };
}

function createContext(request: IncomingMessage, path: string, options: HttpEventOptions) {
  const now = new Date();
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  return {
    accountId: options.accountId,
    apiId: 'local',
    domainName: host,
    domainPrefix: host.split('.')[0] ?? '',
    http: {
      method: request.method ?? 'GET',
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: readAddress(request),
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: options.requestId,
    routeKey: options.match.route.routeKey,
    stage: '$default',
    time: formatTime(now),
    timeEpoch: now.getTime(),
  };
}

/** Lower-case names, repeated ones joined by commas; cookies stand apart. */
function readHeaders(request: IncomingMessage): Record<string, string> {
  const given = Object.entries(request.headersDistinct)
    .filter(([name]) => name !== 'cookie')
    .map(([name, values]) => [name, (values ?? []).join(',')]);
  const port = String(request.socket.localPort ?? '');
  return {
    ...Object.fromEntries(given),
    'x-amzn-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(8)}`,
    'x-forwarded-for': readAddress(request),
    'x-forwarded-port': port,
    'x-forwarded-proto': 'http',
  };
}

function readCookies(request: IncomingMessage): string[] | undefined {
  return request.headers.cookie?.split(/;\s*/);
}

function readQuery(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const parameters = new Map<string, string>(); // not an object: a name may be `constructor`
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

function readAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** A body without a type is text if it is valid UTF-8. */
function isText(type: string | undefined, body: Buffer): boolean {
  return type === undefined ? isUtf8(body) : TEXT_TYPE.test(type);
}

/** `12/Mar/2026:19:03:58 +0000`, as in access logs. */
function formatTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const answerSchema = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});
// Headers that the gateway sets itself.
const GATEWAY_HEADER = /^(connection|content-length|keep-alive|transfer-encoding|upgrade)$/;

export interface HttpAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

/** A function's result (JSON) as HTTP, by payload format 2.0; undefined if its shape is wrong. */
export function readHttpAnswer(payload: string): HttpAnswer | undefined {
  const result: unknown = JSON.parse(payload);
  if (result === null || typeof result !== 'object' || !('statusCode' in result)) {
    return inferAnswer(result, payload);
  }
  const parsed = answerSchema.safeParse(result);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const kept = given.filter(([name]) => !GATEWAY_HEADER.test(name ?? ''));
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const type = bytes.length > 0 ? { 'content-type': 'text/plain;charset=UTF-8' } : {};
  const all = { ...type, ...Object.fromEntries(kept) };
  return { status: statusCode, headers: all, cookies: cookies ?? [], body: bytes };
}

/** A result without a status code is the JSON body of a 200. */
function inferAnswer(result: unknown, payload: string): HttpAnswer {
  const body = Buffer.from(typeof result === 'string' ? result : payload);
  return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body };
}
