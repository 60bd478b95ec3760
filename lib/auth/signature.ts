import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestDescriptor, Verifier } from 'http-message-sig';
import { ServiceError } from '../errors.ts';
import type { AuthEvent } from './edge.ts';
import type { Use } from './key-store.ts';

/** How long after `created` a signature is taken. */
const SIGNATURE_SECONDS = 300;
/** How far a client's clock may be off. */
const CLOCK_SKEW_SECONDS = 60;
const ALGORITHM = 'hmac-sha256';

/** A key's signing secret: made from the stage's own, so that the table holds nothing to sign with. */
export function deriveSigningSecret(stageSecret: string, keyId: string): string {
  const mac = createHmac('sha256', stageSecret).update(`signing:${keyId}`);
  return `ss_${mac.digest('base64url')}`;
}

interface Signing {
  keyId: string;
  secret: string;
  /** Epoch milliseconds. */
  now: number;
}

/**
 * Checks the request's HMAC-SHA256 signature (RFC 9421) over method, path, query and body. What comes
 * back has to be used up, so that the same request is taken once.
 * @throws ServiceError `unauthorized`
 */
export async function verifySignature(
  event: AuthEvent,
  { keyId, secret, now }: Signing,
): Promise<Use> {
  // Only where it is needed: most clients send a key and nothing else.
  const library = await import('./signature-library.ts');
  const body = readBody(event);
  checkDigest(event, body);
  const policy = {
    algorithms: [ALGORITHM],
    requiredComponents: listRequired(event, body),
    requiredParameters: ['created', 'keyid'],
    maxAge: SIGNATURE_SECONDS,
    clockSkew: CLOCK_SKEW_SECONDS,
    now: Math.floor(now / 1000),
  };
  const resolveVerifier = ({ parameters }: { parameters: { keyid?: string } }) => {
    if (keyId && parameters.keyid === keyId) return createHmacVerifier(secret);
    throw new Error('The signature names another key');
  };
  const verified = await library
    .verifySignature(describeRequest(event), { policy, resolveVerifier })
    .catch((error: unknown) => {
      if (library.isSignatureError(error)) throw refuse(error.message, error);
      throw error;
    });
  const digest = createHash('sha256').update(verified.signature).digest('hex');
  const created = Number(verified.parameters.created);
  const expiresAt = created + SIGNATURE_SECONDS + 2 * CLOCK_SKEW_SECONDS;
  return { id: `signature#${keyId}#${digest}`, max: 1, expiresAt };
}

export function createHmacVerifier(secret: string | Uint8Array): Verifier {
  return {
    algorithm: ALGORITHM,
    verify(data, signature) {
      const expected = createHmac('sha256', secret).update(data).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  };
}

function refuse(reason: string, cause?: unknown): ServiceError {
  const message = `The key is good for signed requests only, and the signature is not valid: ${reason}`;
  return new ServiceError('unauthorized', message, { cause });
}

/** All that says what is asked for: else a part of it could be exchanged under a signature that stays valid. */
function listRequired({ rawQueryString }: AuthEvent, body: Buffer): string[] {
  return [
    '@method',
    '@path',
    ...(rawQueryString ? ['@query'] : []),
    ...(body.length > 0 ? ['content-digest'] : []),
  ];
}

function readBody({ body, isBase64Encoded }: AuthEvent): Buffer {
  return Buffer.from(typeof body === 'string' ? body : '', isBase64Encoded ? 'base64' : 'utf8');
}

/** RFC 9530; the signature then covers this header. */
function checkDigest({ headers }: AuthEvent, body: Buffer): void {
  if (body.length === 0) return;
  const sent = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/=]+):/.exec(headers['content-digest'] ?? '')?.[1];
  if (!sent) throw refuse('a body takes a Content-Digest with sha-256');
  if (sent !== createHash('sha256').update(body).digest('base64'))
    throw refuse('the Content-Digest is not the body’s');
}

function describeRequest(event: AuthEvent): RequestDescriptor {
  const { headers, rawPath, rawQueryString, requestContext } = event;
  const origin = `${headers['x-forwarded-proto'] ?? 'https'}://${headers.host ?? ''}`;
  // One that is not ASCII can be covered by no signature, and must not stop one that leaves it out.
  const fields = Object.entries(headers).flatMap(([name, value = '']) =>
    /^[\t -~]*$/.test(value) ? [{ name, value }] : [],
  );
  const targetUri = `${origin}${rawPath}${rawQueryString ? `?${rawQueryString}` : ''}`;
  return { kind: 'request', method: requestContext.http.method, targetUri, fields };
}
