import type { Bucket, CorsRule } from './buckets.ts';
import type { S3Reply } from './request.ts';
import { s3Error } from './s3-error.ts';

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/** Answers a preflight; throws AccessForbidden where no rule of the bucket lets the request through. */
export function answerPreflight(
  bucket: Bucket | undefined,
  headers: ReadonlyMap<string, string>,
): S3Reply {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (origin === undefined) throw s3Error('BadRequest');
  if (method === undefined) {
    const message = 'Invalid Access-Control-Request-Method: null';
    throw s3Error('BadRequest', {}, message);
  }
  if (!bucket || bucket.cors.length === 0) {
    const message = 'CORSResponse: CORS is not enabled for this bucket.';
    throw s3Error('AccessForbidden', { Method: method, ResourceType: 'BUCKET' }, message);
  }
  const asked = splitList(headers.get('access-control-request-headers') ?? '');
  const rule = findRule(bucket.cors, origin, method, asked);
  if (!rule) {
    const message =
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
    throw s3Error('AccessForbidden', { Method: method, ResourceType: 'OBJECT' }, message);
  }
  return {
    status: 200,
    headers: {
      ...describeRule(rule, origin),
      ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
    },
  };
}

/** The headers that let a page of an allowed origin read the answer; none for other origins. */
export function corsHeaders(
  bucket: Bucket | undefined,
  method: string,
  headers: ReadonlyMap<string, string>,
): Record<string, string> {
  const origin = headers.get('origin');
  if (origin === undefined || !bucket) return {};
  const rule = findRule(bucket.cors, origin, method, []);
  return rule ? describeRule(rule, origin) : {};
}

function describeRule(rule: CorsRule, origin: string): Record<string, string> {
  const anyone = rule.allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': anyone ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(!anyone && { 'access-control-allow-credentials': 'true' }),
    ...(rule.exposedHeaders && {
      'access-control-expose-headers': rule.exposedHeaders.join(', '),
    }),
    ...(rule.maxAgeSeconds !== undefined && {
      'access-control-max-age': String(rule.maxAgeSeconds),
    }),
    vary: VARY,
  };
}

function findRule(
  rules: readonly CorsRule[],
  origin: string,
  method: string,
  asked: readonly string[],
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.allowedOrigins.some((pattern) => matchesPattern(pattern, origin)) &&
      rule.allowedMethods.includes(method) &&
      asked.every((header) =>
        (rule.allowedHeaders ?? []).some((pattern) => matchesPattern(pattern, header, 'lower')),
      ),
  );
}

/** A pattern has one `*` at most, as in S3's rules. */
function matchesPattern(pattern: string, text: string, fold?: 'lower'): boolean {
  const [start = '', end, ...more] = (fold ? pattern.toLowerCase() : pattern).split('*');
  const value = fold ? text.toLowerCase() : text;
  if (end === undefined) return value === start;
  if (more.length > 0 || value.length < start.length + end.length) return false;
  return value.startsWith(start) && value.endsWith(end);
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
