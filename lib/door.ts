import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isListed } from './addresses.ts';
import type { Scope } from './aws/clients.ts';
import type { Use, Uses } from './aws/uses.ts';
import { ServiceError } from './errors.ts';
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

export interface DoorDeps extends VisitorDeps {
  uses: Pick<Uses, 'count'>;
  /** CIDR blocks that the stage is open to; none: any address. */
  allow: readonly string[];
}

/** Cheap checks first; what uses something up comes last. */
export function createDoor(deps: DoorDeps): Door {
  return async (event, scope) => {
    checkAddress(event, deps.allow);
    const credential = readBearer(event);
    const visitor = credential && (await identify(deps, credential));
    if (!visitor) throw new ServiceError('unauthorized', 'Send a valid key as a bearer token.');
    checkAddress(event, visitor.settings.allow);
    if (scope && !visitor.scopes.includes(scope))
      throw new ServiceError('forbidden', `The key lacks the scope \`${scope}\`.`);
    if (visitor.use) await spend(deps, visitor.use, 'The token is used up.');
    return describeCaller(visitor);
  };
}

function readBearer({ headers }: DoorEvent): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function checkAddress({ requestContext }: DoorEvent, allow: readonly string[] = []): void {
  if (allow.length === 0 || isListed(allow, requestContext.http.sourceIp)) return;
  throw new ServiceError('forbidden', 'Calls from this address are not let in.');
}

async function spend({ uses }: DoorDeps, use: Use, refusal: string): Promise<void> {
  if (!(await uses.count(use))) throw new ServiceError('unauthorized', refusal);
}

function describeCaller({ settings, use: _, ...visitor }: Visitor): Caller {
  const { uploadsPerMinute, readsPerMinute } = settings;
  return { ...visitor, uploadsPerMinute, readsPerMinute };
}
