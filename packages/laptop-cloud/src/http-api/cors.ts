import type { IncomingMessage } from 'node:http';
import type { DeclaredCors } from '../template/template.ts';

/** CORS headers for a browser; none without an origin, or for one that is not allowed. */
export function createCorsHeaders(
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
export function isPreflight(cors: DeclaredCors | undefined, request: IncomingMessage): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  return Boolean(cors && request.method === 'OPTIONS' && origin && method);
}

export function createPreflightHeaders(
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
