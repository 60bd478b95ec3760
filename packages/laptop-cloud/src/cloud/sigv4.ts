import { timingSafeEqual } from 'node:crypto';
import { awsError } from './aws-service.ts';
import {
  buildCanonicalRequest,
  buildStringToSign,
  type CredentialScope,
  deriveSigningKey,
  parseQuery,
  signText,
  splitTarget,
  type WireRequest,
} from './canonical-request.ts';

const MAX_CLOCK_SKEW_MILLISECONDS = 15 * 60 * 1000;

export interface Credentials {
  /** A name may follow a dot, `AKIA….create-note`: it tells apart the callers that share the key. */
  accessKeyId: string;
  secretAccessKey: string;
}

interface VerifyOptions {
  credentials: Credentials;
  region: string;
  service: string;
  /** True for every service but S3. */
  doubleEncode: boolean;
  /** The hash of the received body. Without it the request's own claim is used, and has to be checked later. */
  payloadHash?: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** The signer, and what the signatures of the body's chunks are verified with. */
export interface Authorization {
  /** As sent, with the caller's name after the dot. */
  accessKeyId: string;
  presigned: boolean;
  payloadHash: string;
  signature: string;
  signingKey: Buffer;
  amzDate: string;
  scope: CredentialScope;
}

/**
 * Verifies SigV4 in the headers or, presigned, in the query. Throws an AwsError with S3's code:
 * AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed and those of malformed claims.
 */
export function verifyRequest(request: WireRequest, options: VerifyOptions): Authorization {
  const claim = readClaim(request);
  checkScope(claim, options);
  checkTime(claim, options.now());
  checkHeadersSigned(request, claim);
  const payloadHash = options.payloadHash ?? readPayloadHash(request, claim);
  const canonicalRequest = buildCanonicalRequest(request, {
    signedHeaders: claim.signedHeaders,
    payloadHash,
    doubleEncode: options.doubleEncode,
  });
  const signingKey = deriveSigningKey(options.credentials.secretAccessKey, claim.scope);
  const text = buildStringToSign(claim.amzDate, claim.scope, canonicalRequest);
  checkSignature(signText(signingKey, text), claim.signature);
  const { accessKeyId, presigned, signature, amzDate, scope } = claim;
  return { accessKeyId, presigned, payloadHash, signature, signingKey, amzDate, scope };
}

/** Compares in constant time, so that the time of a refusal reveals nothing to a guesser. */
export function checkSignature(expected: string, given: string): void {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  if (left.length === right.length && timingSafeEqual(left, right)) return;
  throw awsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  );
}

/** Throws where the access key is not the one this cloud knows. */
export function checkAccessKey(given: string, credentials: Credentials): void {
  if (given.split('.', 1)[0] === credentials.accessKeyId) return;
  throw awsError(
    'InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.',
    403,
  );
}

function checkScope(claim: Claim, options: VerifyOptions): void {
  checkAccessKey(claim.accessKeyId, options.credentials);
  if (claim.sessionToken !== undefined) {
    throw awsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 403);
  }
  const { date, region, service } = claim.scope;
  const malformed = claim.presigned
    ? 'AuthorizationQueryParametersError'
    : 'AuthorizationHeaderMalformed';
  if (region !== options.region) {
    const message = `The authorization header is malformed; the region '${region}' is wrong; expecting '${options.region}'`;
    throw Object.assign(awsError(malformed, message), { details: { Region: options.region } });
  }
  if (service !== options.service) {
    throw awsError(malformed, `The credential scope's service must be '${options.service}'.`);
  }
  if (!claim.amzDate.startsWith(date)) {
    throw awsError(malformed, "The credential scope's date does not match the request's date.");
  }
}

function checkTime(claim: Claim, now: number): void {
  const age = now - claim.time;
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(age) <= MAX_CLOCK_SKEW_MILLISECONDS) return;
    throw Object.assign(
      awsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        403,
      ),
      {
        details: {
          RequestTime: claim.amzDate,
          ServerTime: new Date(now).toISOString(),
          MaxAllowedSkewMilliseconds: MAX_CLOCK_SKEW_MILLISECONDS,
        },
      },
    );
  }
  if (age < -MAX_CLOCK_SKEW_MILLISECONDS) {
    throw awsError('AccessDenied', 'Request is not valid yet', 403);
  }
  if (age > claim.expiresSeconds * 1000) {
    const details = {
      'X-Amz-Expires': claim.expiresSeconds,
      Expires: new Date(claim.time + claim.expiresSeconds * 1000).toISOString(),
      ServerTime: new Date(now).toISOString(),
    };
    throw Object.assign(awsError('AccessDenied', 'Request has expired', 403), { details });
  }
}

/** S3 requires all x-amz headers to be signed: an unsigned one could change what a signed request does. */
function checkHeadersSigned(request: WireRequest, claim: Claim): void {
  const signed = new Set(claim.signedHeaders);
  const unsigned = [...request.headers.keys()].filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  );
  if (unsigned.length === 0) return;
  throw Object.assign(
    awsError(
      'AccessDenied',
      'There were headers present in the request which were not signed',
      403,
    ),
    { details: { HeadersNotSigned: unsigned.join(', ') } },
  );
}

function readPayloadHash(request: WireRequest, claim: Claim): string {
  const header = request.headers.get('x-amz-content-sha256');
  if (header !== undefined) return header;
  if (claim.presigned) return claim.payloadHash ?? 'UNSIGNED-PAYLOAD';
  throw awsError(
    'InvalidRequest',
    'Missing required header for this request: x-amz-content-sha256',
  );
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_EXPIRES_SECONDS = 604_800;

/** A request's claims about its own signature; not yet verified. */
interface Claim {
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
function readClaim(request: WireRequest): Claim {
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
