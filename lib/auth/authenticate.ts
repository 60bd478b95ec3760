import { ServiceError } from '../errors.ts';
import { type AuthEvent, isListed, readEdgeAddress } from './edge.ts';
import type { Scope, Uses } from './key-store.ts';
import { deriveSigningSecret, verifySignature } from './signature.ts';
import { identify, type Visitor, type VisitorDeps } from './visitor.ts';

/** The authenticated caller of a request. */
export interface Caller {
  clientId: string;
  /** The key's public id. */
  keyId: string;
  keyHash: string;
  via: Visitor['via'];
  scopes: readonly Scope[];
  /** The client's own limits in place of the stage's; 0 = no limit. */
  uploadsPerMinute: number | undefined;
  readsPerMinute: number | undefined;
}

/**
 * Authenticates a request and checks its scope, address and signature.
 * @throws ServiceError `unauthorized` for an invalid key, token or signature, `forbidden` for a missing scope or a blocked address
 */
export type Authenticate = (event: AuthEvent, scope?: Scope) => Promise<Caller>;

export interface AuthDeps extends VisitorDeps {
  uses: Pick<Uses, 'count'>;
  /** The stage secret, from which signing secrets are derived. */
  readSecret(): Promise<string>;
  /** CIDR blocks that may call this stage; empty: any address. */
  allow: readonly string[];
  /** The header, in lower case, in which the edge passes the caller's address; undefined: callers reach the API directly. */
  addressHeader?: string | undefined;
}

/** Cheap checks come first; the one that consumes a use comes last. */
export function createAuthenticator(deps: AuthDeps): Authenticate {
  return async (event, scope) => {
    const address = await readAddress(deps, event);
    checkAddress(address, deps.allow);
    const credential = readBearer(event);
    const visitor = credential && (await identify(deps, credential));
    if (!visitor)
      throw new ServiceError(
        'unauthorized',
        'Send a valid key in the header `Authorization: Bearer <key>`.',
      );
    checkAddress(address, visitor.settings.allow);
    if (scope && !visitor.scopes.includes(scope))
      throw new ServiceError(
        'forbidden',
        `The key lacks the scope \`${scope}\`: use a key that has it.`,
      );
    const use = visitor.use ?? (await checkSignature(deps, visitor, event));
    if (use && !(await deps.uses.count(use)))
      throw new ServiceError(
        'unauthorized',
        'The token has no uses left, or this signed request was already sent. Create a new token, or sign the request again.',
      );
    return describeCaller(visitor);
  };
}

function readBearer({ headers }: AuthEvent): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

async function readAddress({ addressHeader, readSecret }: AuthDeps, event: AuthEvent) {
  if (addressHeader) return readEdgeAddress(event, addressHeader, readSecret);
  return event.requestContext.http?.sourceIp ?? '';
}

function checkAddress(address: string, allow: readonly string[] = []): void {
  if (allow.length === 0 || isListed(allow, address)) return;
  throw new ServiceError(
    'forbidden',
    'Requests from this address are not allowed: ask the operator to add it to the allow list.',
  );
}

/** Only keys sign requests: tokens are short-lived instead. */
async function checkSignature(deps: AuthDeps, visitor: Visitor, event: AuthEvent) {
  const { via, keyId, settings } = visitor;
  if (via !== 'key' || !settings.signing) return undefined;
  const secret = deriveSigningSecret(await deps.readSecret(), keyId);
  return verifySignature(event, { keyId, secret, now: deps.now() });
}

function describeCaller({ settings, use: _, ...visitor }: Visitor): Caller {
  const { uploadsPerMinute, readsPerMinute } = settings;
  return { ...visitor, uploadsPerMinute, readsPerMinute };
}
