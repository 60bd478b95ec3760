import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RouteMatch } from './routes.ts';

export interface HttpEventOptions {
  accountId: string;
  body: Buffer;
  match: RouteMatch;
  requestId: string;
}

// Everything else comes in base64, multipart forms included.
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
  const parameters = new Map<string, string>(); // a name may be one of every object's, `constructor`
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

function readAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** Without a type it is text if it can be. */
function isText(type: string | undefined, body: Buffer): boolean {
  return type === undefined ? isUtf8(body) : TEXT_TYPE.test(type);
}

/** `12/Mar/2026:19:03:58 +0000`, as in access logs. */
function formatTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
