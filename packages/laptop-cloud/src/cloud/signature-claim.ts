import type { CredentialScope, WireRequest } from './canonical-request.ts';
import { awsError } from './service.ts';
import { parseQuery, splitTarget } from './uri-encoding.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_EXPIRES_SECONDS = 604_800;

/** What a request says about its own signature, before anything of it is believed. */
export interface Claim {
  presigned: boolean;
  accessKeyId: string;
  scope: CredentialScope;
  signedHeaders: string[];
  signature: string;
  /** As sent, `YYYYMMDDTHHMMSSZ`. */
  amzDate: string;
  /** The same in milliseconds since 1970. */
  time: number;
  expiresSeconds?: number;
  payloadHash?: string;
  sessionToken?: string;
}

/** Reads the claim from the Authorization header or the query; throws AccessDenied where there is none. */
export function readClaim(request: WireRequest): Claim {
  const query = new Map(parseQuery(splitTarget(request.target).query));
  const header = request.headers.get('authorization');
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature')) {
    if (header === undefined) return readQueryClaim(query);
    throw awsError(
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    );
  }
  if (header !== undefined) return readHeaderClaim(header, request.headers);
  // Signature version 2, which S3 no longer takes for new buckets.
  if (query.has('AWSAccessKeyId')) throw unsupportedMechanism();
  throw awsError('AccessDenied', 'Access Denied', 403);
}

function unsupportedMechanism(): Error {
  return awsError(
    'InvalidRequest',
    `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  );
}

function readHeaderClaim(header: string, headers: ReadonlyMap<string, string>): Claim {
  if (!header.startsWith(`${ALGORITHM} `)) throw unsupportedMechanism();
  const parts = new Map<string, string>();
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const mark = part.indexOf('=');
    parts.set(part.slice(0, mark).trim(), part.slice(mark + 1).trim());
  }
  const credential = readCredential(parts.get('Credential') ?? '');
  const signature = parts.get('Signature');
  const signedHeaders = parts.get('SignedHeaders');
  if (!credential || !signature || !signedHeaders) {
    throw awsError('AuthorizationHeaderMalformed', 'The authorization header is malformed.');
  }
  const token = headers.get('x-amz-security-token');
  return {
    presigned: false,
    ...credential,
    ...readDate(headers.get('x-amz-date') ?? toAmzDate(headers.get('date'))),
    signedHeaders: signedHeaders.split(';'),
    signature,
    ...(token !== undefined && { sessionToken: token }),
  };
}

function readQueryClaim(query: ReadonlyMap<string, string>): Claim {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw queryError(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const credential = readCredential(query.get('X-Amz-Credential') ?? '');
  const signature = query.get('X-Amz-Signature');
  const signedHeaders = query.get('X-Amz-SignedHeaders');
  if (!credential || !signature || !signedHeaders) {
    throw queryError(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const token = query.get('X-Amz-Security-Token');
  const payloadHash = query.get('X-Amz-Content-Sha256');
  return {
    presigned: true,
    ...credential,
    ...readDate(query.get('X-Amz-Date')),
    signedHeaders: signedHeaders.split(';'),
    signature,
    expiresSeconds: readExpires(query.get('X-Amz-Expires')),
    ...(token !== undefined && { sessionToken: token }),
    ...(payloadHash !== undefined && { payloadHash }),
  };
}

function queryError(message: string): Error {
  return awsError('AuthorizationQueryParametersError', message);
}

function readExpires(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text) || Number(text) < 1) {
    throw queryError('X-Amz-Expires should be a number of at least 1');
  }
  if (Number(text) > MAX_EXPIRES_SECONDS) {
    throw queryError(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_SECONDS} seconds`,
    );
  }
  return Number(text);
}

/** Reads `KEYID/20261122/us-east-1/s3/aws4_request`; undefined where it has another form. */
export function readCredential(
  text: string,
): { accessKeyId: string; scope: CredentialScope } | undefined {
  const parts = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(text);
  const [, accessKeyId, date, region, service] = parts ?? [];
  if (!accessKeyId || !date || !region || !service) return undefined;
  return { accessKeyId, scope: { date, region, service } };
}

/** Reads `YYYYMMDDTHHMMSSZ`; throws AccessDenied as S3 does for a date that is missing or broken. */
export function readDate(amzDate: string | undefined): { amzDate: string; time: number } {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate ?? '');
  const [, year, month, day, hour, minute, second] = parts ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (amzDate !== undefined && !Number.isNaN(time)) return { amzDate, time };
  throw awsError(
    'AccessDenied',
    'AWS authentication requires a valid Date or x-amz-date header',
    403,
  );
}

function toAmzDate(date: string | undefined): string | undefined {
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) return undefined;
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
