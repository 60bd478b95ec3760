import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** Credentials of the caller. */
interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Connection {
  region: string;
  /** Another server than the region's own. */
  endpoint?: string | undefined;
  credentials: Credentials | (() => Credentials | Promise<Credentials>);
}

/** Environment variables that Lambda and its emulators set, and AWS clients read. */
export function readConnection(service: string): Connection {
  const { env } = process;
  return {
    region: env.AWS_REGION ?? '',
    endpoint: env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env.AWS_ENDPOINT_URL,
    credentials: readCredentials,
  };
}

function readCredentials(): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('The environment holds no credentials for AWS.');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
}

/** https://docs.aws.amazon.com/general/latest/gr/rande.html; of partitions, the public one and China's. */
export function endpointOf(service: string, { region, endpoint }: Connection): URL {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(endpoint ?? `https://${service}.${region}.${domain}`);
}

/** S3's for one bucket: by the bucket's own name where a certificate can be for it, which dots prevent. */
export function bucketUrl(bucket: string, connection: Connection): URL {
  const url = endpointOf('s3', connection);
  if (connection.endpoint || bucket.includes('.')) return new URL(bucket, url);
  url.hostname = `${bucket}.${url.hostname}`;
  return url;
}

/** As signatures want it: all but what is unreserved (RFC 3986). */
function encodeText(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** An object's key: its slashes stay. */
export function encodePath(key: string): string {
  return key.split('/').map(encodeText).join('/');
}

/** Sorted, as signatures want it, too. */
function encodeQuery(query: Record<string, string>): string {
  const pairs = Object.entries(query).map(([name, value]) =>
    [name, value].map(encodeText).join('='),
  );
  return pairs.toSorted().join('&');
}

// Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** By whom, for what, and when. */
interface Signature {
  credentials: Credentials;
  region: string;
  service: string;
  /** Epoch milliseconds. */
  now: number;
}

interface Unsigned {
  method: string;
  host: string;
  /** Encoded. */
  path: string;
  /** As encodeQuery writes it. */
  query?: string | undefined;
  /** In lower case. */
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** The headers of a request with those that sign it: all of them, and the whole body. */
export function signRequest(request: Unsigned, signature: Signature): Record<string, string> {
  const { accessKeyId, sessionToken } = signature.credentials;
  const amzDate = formatDate(signature.now);
  const bodyHash = hash('sha256', request.body);
  const signed: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': amzDate,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const names = listNames(signed);
  const scope = formatScope(signature);
  const text = describeRequest({ ...request, headers: signed }, bodyHash, signature);
  const authorization = [
    `${ALGORITHM} Credential=${accessKeyId}/${scope}`,
    `SignedHeaders=${names}`,
    `Signature=${signText(signature, text)}`,
  ].join(', ');
  return { ...signed, authorization };
}

/**
 * A query that lets whoever has it send a request with these headers, once or often, with any body.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function signQuery(
  request: Omit<Unsigned, 'query' | 'body'> & { query: Record<string, string> },
  expiresInSeconds: number,
  signature: Signature,
): string {
  const { accessKeyId, sessionToken } = signature.credentials;
  const headers = { ...request.headers, host: request.host };
  const query = {
    ...request.query,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${accessKeyId}/${formatScope(signature)}`,
    'X-Amz-Date': formatDate(signature.now),
    'X-Amz-Expires': String(expiresInSeconds),
    'X-Amz-SignedHeaders': listNames(headers),
    ...(sessionToken && { 'X-Amz-Security-Token': sessionToken }),
  };
  const unsigned = { ...request, headers, query: encodeQuery(query) };
  const text = describeRequest(unsigned, 'UNSIGNED-PAYLOAD', signature);
  return encodeQuery({ ...query, 'X-Amz-Signature': signText(signature, text) });
}

/** The string to sign. */
function describeRequest(
  { method, path, query = '', headers }: Omit<Unsigned, 'body'>,
  bodyHash: string,
  signature: Signature,
): string {
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = [method, path, query, lines, names.join(';'), bodyHash].join('\n');
  return [
    ALGORITHM,
    formatDate(signature.now),
    formatScope(signature),
    hash('sha256', canonical),
  ].join('\n');
}

function listNames(headers: Record<string, string>): string {
  return Object.keys(headers).sort().join(';');
}

/** `20261122T101112Z` */
export function formatDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
}

export function formatScope({ now, region, service }: Omit<Signature, 'credentials'>): string {
  return `${formatDate(now).slice(0, 8)}/${region}/${service}/aws4_request`;
}

export function signText(signature: Signature, text: string): string {
  return createHmac('sha256', deriveKey(signature)).update(text).digest('hex');
}

/** By what they are for: a key holds for a day, and to derive it takes longer than all the rest. */
const keys = new Map<string, KeyObject>();

function deriveKey(signature: Signature): KeyObject {
  const scope = formatScope(signature);
  const { secretAccessKey } = signature.credentials;
  const name = `${secretAccessKey}/${scope}`;
  const known = keys.get(name);
  if (known) return known;
  if (keys.size >= MAX_KEYS) keys.clear();
  const first: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  const bytes = scope.split('/').reduce((derived, part) => mac(derived, part), first);
  const key = createSecretKey(bytes); // of bytes, Node makes one at each use: five times the work of the rest
  keys.set(name, key);
  return key;
}

/** A few services, for a day. */
const MAX_KEYS = 10;

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
