import { createHash, createHmac } from 'node:crypto';

/** The request as it was received, with header names in lower case: what a signature covers. */
export interface WireRequest {
  method: string;
  /** The raw request target: path and query, undecoded. */
  target: string;
  headers: ReadonlyMap<string, string>;
}

export interface CredentialScope {
  date: string;
  region: string;
  service: string;
}

/** Collects `rawHeaders` of node:http; repeated ones are joined by a comma, as SigV4 joins them. */
export function collectHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = (rawHeaders[index + 1] ?? '').trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/**
 * The canonical request of SigV4. S3 encodes the path once and keeps `//` and `..`; the other services
 * encode the already encoded path again (`doubleEncode`).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function buildCanonicalRequest(
  request: WireRequest,
  options: { signedHeaders: readonly string[]; payloadHash: string; doubleEncode: boolean },
): string {
  const { path, query } = splitTarget(request.target);
  const headers = options.signedHeaders.map(
    (name) => `${name}:${(request.headers.get(name) ?? '').replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    encodePath(path, options.doubleEncode),
    encodeQuery(query),
    headers.join(''),
    options.signedHeaders.join(';'),
    options.payloadHash,
  ].join('\n');
}

function encodePath(path: string, doubleEncode: boolean): string {
  // Decoding first lets clients that escape more or less than SigV4 does sign the same path.
  const text = doubleEncode ? path : decodeURIComponent(path);
  return text.split('/').map(encodeUriComponent).join('/');
}

function encodeQuery(query: string): string {
  return parseQuery(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeUriComponent(name), encodeUriComponent(value)] as const)
    .sort((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function formatScope(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

/** The text that is signed for a request: algorithm, time, scope, hash of the canonical request. */
export function buildStringToSign(
  amzDate: string,
  scope: CredentialScope,
  canonicalRequest: string,
): string {
  // Header values arrive as latin1 strings, one character a byte: hash the bytes that were sent.
  const hash = createHash('sha256').update(canonicalRequest, 'latin1').digest('hex');
  return ['AWS4-HMAC-SHA256', amzDate, formatScope(scope), hash].join('\n');
}

export function deriveSigningKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  return [scope.date, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
}

export function signText(signingKey: Buffer, text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('hex');
}

const NOT_UNRESERVED = /[!'()*]/g;

/** RFC 3986 as SigV4 wants it: everything but letters, digits and `-._~` becomes `%XX`. */
export function encodeUriComponent(text: string): string {
  return encodeURIComponent(text).replace(
    NOT_UNRESERVED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The encoding of keys in S3's events and lists: Java's URLEncoder (space is `+`, `*` stays, `~` does not),
 * with `/` left alone.
 */
export function encodeKey(key: string): string {
  return encodeUriComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2A', '*')
    .replaceAll('~', '%7E')
    .replaceAll('%2F', '/');
}

/** Splits a request target at its first `?`. No URL class: it would resolve `..` and S3 does not. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: '' };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The decoded pairs of a query string, in their order; throws URIError for broken escapes. */
export function parseQuery(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      const name = mark < 0 ? pair : pair.slice(0, mark);
      const value = mark < 0 ? '' : pair.slice(mark + 1);
      return [decodeQueryPart(name), decodeQueryPart(value)];
    });
}

function decodeQueryPart(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
