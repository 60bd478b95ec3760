import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';
import { SCOPES, type Scope } from './key-store.ts';

/** How long the issuer's keys are trusted, in milliseconds: one that it withdraws is refused after this time. */
const ISSUER_TTL_MS = 600_000;
const FETCH_TIMEOUT_MS = 3_000;
/** How far the issuer's clock may be off. */
const GRACE_SECONDS = 60;

interface JwtSettings {
  /** As it stands in `iss`; its OpenID configuration says where the keys are. */
  issuer: string;
  audience: string;
  /** The claim with the client's name. */
  clientClaim: string;
  /** The claim with the scopes: words with spaces between, or a list. */
  scopeClaim: string;
  /** What stands before our scopes' names at this issuer. */
  scopePrefix: string;
}

export interface JwtIdentity {
  clientId: string;
  scopes: Scope[];
}

const discovered = z.object({ issuer: z.string(), jwks_uri: z.url() });
const scopeWords = z.union([
  z.array(z.string()),
  z.pipe(
    z.string(),
    z.transform((text) => text.split(' ')),
  ),
]);

/**
 * A reader of the JWTs of one OpenID issuer: who they are for, or undefined where one is not valid.
 * It throws where the issuer cannot be asked for its keys.
 */
export function createJwtReader(settings: JwtSettings, now: () => number = Date.now) {
  let known: { verify: Promise<Verify>; at: number } | undefined;
  return async (jwt: string): Promise<JwtIdentity | undefined> => {
    if (!known || now() - known.at >= ISSUER_TTL_MS)
      known = { verify: createVerify(settings), at: now() };
    const { verify } = known;
    const verified = await verify.catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    const claims = await verified(jwt);
    return claims && readIdentity(settings, claims);
  };
}

type Claims = Record<string, unknown>;
type Verify = (jwt: string) => Promise<Claims | undefined>;

async function createVerify({ issuer, audience }: JwtSettings): Promise<Verify> {
  // Loaded with the first JWT: a cold start should not pay for it.
  const { JwtVerifier, SimpleJwksCache, JwksValidationError } = await import('./jwt-library.ts');
  const jwksUri = await discoverKeys(issuer);
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: fetchBytes } });
  const properties = { issuer, audience, jwksUri, graceSeconds: GRACE_SECONDS };
  const verifier = JwtVerifier.create(properties, { jwksCache });
  return async (jwt) => {
    try {
      return { ...(await verifier.verify(jwt)) };
    } catch (error) {
      // The issuer's fault or ours. All else is the JWT's: Node's own error over a damaged signature, too.
      if (error instanceof ServiceError || error instanceof JwksValidationError) throw error;
      return undefined;
    }
  };
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discoverKeys(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const json = Buffer.from(await fetchBytes(address)).toString();
  const configuration = discovered.parse(JSON.parse(json));
  if (configuration.issuer === issuer) return configuration.jwks_uri;
  throw new Error(`${address} is the configuration of another issuer: ${configuration.issuer}`);
}

async function fetchBytes(address: string): Promise<ArrayBuffer> {
  try {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const response = await fetch(address, { signal, redirect: 'error' });
    if (response.ok) return await response.arrayBuffer();
    throw new Error(`${address} answered ${response.status}`);
  } catch (cause) {
    throw new ServiceError('internal', undefined, { cause });
  }
}

/** With a number sign begin names in indexes that no client may have. */
const isClientId = (claim: unknown): claim is string =>
  typeof claim === 'string' && /^[^#]/.test(claim);

/** A JWT has to end some time, and to name a client; scopes that are not ours mean nothing. */
function readIdentity(settings: JwtSettings, claims: Claims): JwtIdentity | undefined {
  const { clientClaim, scopeClaim, scopePrefix } = settings;
  const clientId = claims[clientClaim];
  if (!isClientId(clientId) || claims.exp === undefined) return undefined;
  const words = scopeWords.safeParse(claims[scopeClaim]).data ?? [];
  const scopes = SCOPES.filter((scope) => words.includes(`${scopePrefix}${scope}`));
  return { clientId, scopes };
}
