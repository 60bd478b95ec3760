import { ServiceError } from '../errors.ts';
import { type DoorEvent, isListed, readEdgeAddress } from './edge.ts';
import type { Scope, Uses } from './key-store.ts';
import { deriveSigningSecret, verifySignature } from './signature.ts';
import { identify, type Visitor, type VisitorDeps } from './visitor.ts';

/** Who is calling, once the door has let them in. */
export interface Caller {
  clientId: string;
  /** The key's public id. */
  keyId: string;
  keyHash: string;
  via: Visitor['via'];
  scopes: readonly Scope[];
  /** What was decided for this client in place of the stage's numbers; 0 = no limit. */
  uploadsPerMinute: number | undefined;
  readsPerMinute: number | undefined;
}

/**
 * Says who is calling, and lets nobody else in.
 * @throws ServiceError `unauthorized` where the key is not valid, `forbidden` where it may not do this
 */
export type Door = (event: DoorEvent, scope?: Scope) => Promise<Caller>;

export interface DoorDeps extends VisitorDeps {
  uses: Pick<Uses, 'count'>;
  /** The stage's own, of which signing secrets are made. */
  readSecret(): Promise<string>;
  /** CIDR blocks that the stage is open to; none: any address. */
  allow: readonly string[];
  /** In lower case: where an edge says from which address it was called; none: the API is called itself. */
  addressHeader?: string | undefined;
}

/** Cheap checks first; what uses something up comes last. */
export function createDoor(deps: DoorDeps): Door {
  return async (event, scope) => {
    const address = await readAddress(deps, event);
    checkAddress(address, deps.allow);
    const credential = readBearer(event);
    const visitor = credential && (await identify(deps, credential));
    if (!visitor) throw new ServiceError('unauthorized', 'Send a valid key as a bearer token.');
    checkAddress(address, visitor.settings.allow);
    if (scope && !visitor.scopes.includes(scope))
      throw new ServiceError('forbidden', `The key lacks the scope \`${scope}\`.`);
    const use = visitor.use ?? (await checkSignature(deps, visitor, event));
    if (use && !(await deps.uses.count(use)))
      throw new ServiceError(
        'unauthorized',
        'The token is used up, or the request was sent before.',
      );
    return describeCaller(visitor);
  };
}

function readBearer({ headers }: DoorEvent): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

async function readAddress({ addressHeader, readSecret }: DoorDeps, event: DoorEvent) {
  if (addressHeader) return readEdgeAddress(event, addressHeader, readSecret);
  return event.requestContext.http?.sourceIp ?? '';
}

function checkAddress(address: string, allow: readonly string[] = []): void {
  if (allow.length === 0 || isListed(allow, address)) return;
  throw new ServiceError('forbidden', 'Calls from this address are not let in.');
}

/** Only a key signs: a token is short-lived in place of that. */
async function checkSignature(deps: DoorDeps, visitor: Visitor, event: DoorEvent) {
  const { via, keyId, settings } = visitor;
  if (via !== 'key' || !settings.signing) return undefined;
  const secret = deriveSigningSecret(await deps.readSecret(), keyId);
  return verifySignature(event, { keyId, secret, now: deps.now() });
}

function describeCaller({ settings, use: _, ...visitor }: Visitor): Caller {
  const { uploadsPerMinute, readsPerMinute } = settings;
  return { ...visitor, uploadsPerMinute, readsPerMinute };
}
