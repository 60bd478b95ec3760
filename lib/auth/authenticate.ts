import type { Table } from '../aws/table.ts';
import type { Settings } from '../config.ts';
import { ServiceError } from '../errors.ts';
import { type AuthSettings, type ClientSettings, createClientSettings } from './client-settings.ts';
import { type AuthEvent, isListed, readEdgeAddress } from './edge.ts';
import { createJwtReader, type JwtIdentity } from './jwt.ts';
import {
  type Clients,
  createClients,
  createTokens,
  createUses,
  hashKey,
  type Scope,
  type Tokens,
  type Use,
  type Uses,
} from './key-store.ts';
import { deriveSigningSecret, verifySignature } from './signature.ts';
import { createStageSecretReader } from './stage-secret.ts';

/** Neither a key nor a token is longer than this many characters: what is longer is not even hashed. */
const MAX_KEY_CHARACTERS = 200;
const MAX_JWT_CHARACTERS = 8_192;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** The prefix of every short-lived token; no key has it. */
export const TOKEN_PREFIX = 'st_';

/** An identified caller, before scope, address and signature are checked. */
interface Visitor {
  via: 'key' | 'token' | 'jwt';
  clientId: string;
  /** The public id of the key; of a token, of the key that it was made with; of a JWT, empty. */
  keyId: string;
  keyHash: string;
  scopes: readonly Scope[];
  settings: AuthSettings;
  /** The use that this request consumes. */
  use?: Use;
}

interface VisitorDeps {
  clients: Pick<Clients, 'find'>;
  tokens: Pick<Tokens, 'find'>;
  settings: { find(clientId: string): Promise<ClientSettings | undefined> };
  /** Where the stage takes JWTs. */
  readJwt?: ((jwt: string) => Promise<JwtIdentity | undefined>) | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

/** Undefined for an invalid credential. No secrets are compared: the credential is looked up by its hash. */
async function identify(deps: VisitorDeps, credential: string): Promise<Visitor | undefined> {
  if (JWT.test(credential)) return findBearer(deps, credential);
  if (credential.length > MAX_KEY_CHARACTERS) return undefined;
  const hash = hashKey(credential);
  return credential.startsWith(TOKEN_PREFIX) ? findToken(deps, hash) : findKey(deps, hash);
}

async function findKey({ clients }: VisitorDeps, keyHash: string): Promise<Visitor | undefined> {
  const key = await clients.find(keyHash);
  return key && { via: 'key', keyHash, ...key };
}

/** A token never outlives its key, and never has more scopes than it. */
async function findToken(deps: VisitorDeps, hash: string): Promise<Visitor | undefined> {
  const token = await deps.tokens.find(hash);
  if (!token || deps.now() >= token.expiresAt * 1000) return undefined;
  const key = await findKey(deps, token.parent);
  if (key?.clientId !== token.clientId) return undefined;
  const { maxUses: max, expiresAt } = token;
  return {
    ...key,
    via: 'token',
    scopes: token.scopes.filter((scope) => key.scopes.includes(scope)),
    use: { id: `token#${hash}`, max, expiresAt },
  };
}

/** Only for a client that an operator has made: one that is removed is refused as soon as its settings are read anew. */
async function findBearer({ readJwt, settings }: VisitorDeps, jwt: string) {
  const identity = jwt.length <= MAX_JWT_CHARACTERS ? await readJwt?.(jwt) : undefined;
  const decided = identity && (await settings.find(identity.clientId));
  if (!decided) return undefined;
  return { ...identity, via: 'jwt' as const, keyId: '', keyHash: '', settings: decided };
}

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

interface AuthDeps extends VisitorDeps {
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

/** The authenticator of a function, from its settings. */
export function connectAuth(
  table: Table,
  { TABLE_NAME, DOOR }: Pick<Settings, 'TABLE_NAME' | 'DOOR'>,
): Authenticate {
  return createAuthenticator({
    clients: createClients(table, TABLE_NAME),
    tokens: createTokens(table, TABLE_NAME),
    uses: createUses(table, TABLE_NAME),
    settings: createClientSettings(table, TABLE_NAME),
    readJwt: DOOR.jwt && createJwtReader(DOOR.jwt),
    readSecret: createStageSecretReader(DOOR.secretId),
    allow: DOOR.allow,
    addressHeader: DOOR.addressHeader,
    now: Date.now,
  });
}
