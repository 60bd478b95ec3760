import type { AuthSettings, ClientSettings } from './client-settings.ts';
import type { JwtIdentity } from './jwt.ts';
import { type Clients, hashKey, type Scope, type Tokens, type Use } from './key-store.ts';

/** Neither a key nor a token is longer than this many characters: what is longer is not even hashed. */
const MAX_KEY_CHARACTERS = 200;
const MAX_JWT_CHARACTERS = 8_192;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** The prefix of every short-lived token; no key has it. */
export const TOKEN_PREFIX = 'st_';

/** An identified caller, before scope, address and signature are checked. */
export interface Visitor {
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

export interface VisitorDeps {
  clients: Pick<Clients, 'find'>;
  tokens: Pick<Tokens, 'find'>;
  settings: { find(clientId: string): Promise<ClientSettings | undefined> };
  /** Where the stage takes JWTs. */
  readJwt?: ((jwt: string) => Promise<JwtIdentity | undefined>) | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

/** Undefined for an invalid credential. No secrets are compared: the credential is looked up by its hash. */
export async function identify(
  deps: VisitorDeps,
  credential: string,
): Promise<Visitor | undefined> {
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
