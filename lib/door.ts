import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isListed } from './addresses.ts';
import { type Clients, hashKey, type Scope, type StoredKey } from './aws/clients.ts';
import { ServiceError } from './errors.ts';

/** A key is never longer than this many characters: what is longer is not even hashed. */
const MAX_KEY_CHARACTERS = 200;

/** Who is calling, once the door has let them in. */
export interface Caller {
  clientId: string;
  /** The key's public id. */
  keyId: string;
  scopes: readonly Scope[];
  /** What was decided for this client in place of the stage's numbers; 0 = no limit. */
  uploadsPerMinute: number | undefined;
  readsPerMinute: number | undefined;
}

/** A request as the gateway hands it over: the door reads the body as it was sent. */
export type DoorEvent = Pick<
  APIGatewayProxyEventV2,
  'headers' | 'requestContext' | 'rawPath' | 'rawQueryString' | 'isBase64Encoded'
> & { body?: unknown };

/**
 * Says who is calling, and lets nobody else in.
 * @throws ServiceError `unauthorized` where the key is not valid, `forbidden` where it may not do this
 */
export type Door = (event: DoorEvent, scope?: Scope) => Promise<Caller>;

export interface DoorDeps {
  clients: Pick<Clients, 'find'>;
  /** CIDR blocks that the stage is open to; none: any address. */
  allow: readonly string[];
}

export function createDoor({ clients, allow }: DoorDeps): Door {
  return async (event, scope) => {
    checkAddress(event, allow);
    const key = readBearer(event);
    const known = key && key.length <= MAX_KEY_CHARACTERS;
    const visitor = known ? await clients.find(hashKey(key)) : undefined;
    if (!visitor) throw new ServiceError('unauthorized', 'Send a valid key as a bearer token.');
    checkAddress(event, visitor.settings.allow);
    if (scope && !visitor.scopes.includes(scope))
      throw new ServiceError('forbidden', `The key lacks the scope \`${scope}\`.`);
    return describeCaller(visitor);
  };
}

function checkAddress({ requestContext }: DoorEvent, allow: readonly string[] = []): void {
  if (allow.length === 0 || isListed(allow, requestContext.http.sourceIp)) return;
  throw new ServiceError('forbidden', 'Calls from this address are not let in.');
}

function readBearer({ headers }: DoorEvent): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function describeCaller({ clientId, keyId, scopes, settings }: StoredKey): Caller {
  const { uploadsPerMinute, readsPerMinute } = settings;
  return { clientId, keyId, scopes, uploadsPerMinute, readsPerMinute };
}
