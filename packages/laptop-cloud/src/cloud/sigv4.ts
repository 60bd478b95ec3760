import { timingSafeEqual } from 'node:crypto';
import {
  buildCanonicalRequest,
  buildStringToSign,
  type CredentialScope,
  deriveSigningKey,
  signText,
  type WireRequest,
} from './canonical-request.ts';
import { awsError } from './service.ts';
import { type Claim, readClaim } from './signature-claim.ts';

const MAX_CLOCK_SKEW_MILLISECONDS = 15 * 60 * 1000;

export interface Credentials {
  /** A name may follow after a dot, `AKIA….process-upload`: who of those that share the key. */
  accessKeyId: string;
  secretAccessKey: string;
}

export interface VerifyOptions {
  credentials: Credentials;
  region: string;
  service: string;
  /** True for every service but S3. */
  doubleEncode: boolean;
  /** The hash of the body as it came; without it the request's own claim counts and is to be checked later. */
  payloadHash?: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Who signed, and what is needed to verify the signatures of the body's chunks. */
export interface Authorization {
  /** As sent: with the name of who shares the key. */
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

/** Constant-time comparison, so that a guesser learns nothing from how long a refusal takes. */
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

/** An unsigned x-amz header could change what a signed request does: S3 wants them all signed. */
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
