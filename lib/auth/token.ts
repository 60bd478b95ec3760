import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';
import { type Caller, TOKEN_PREFIX } from './authenticate.ts';
import { hashKey, type Scope, type Tokens } from './key-store.ts';

/** How long a token may live. */
const MAX_TOKEN_SECONDS = 3_600;
const USUAL_TOKEN_SECONDS = 900;
/** How many requests a token may make. */
const MAX_TOKEN_USES = 1_000;
const USUAL_TOKEN_USES = 100;

/** Never `admin`: tokens are handed to apps that other people control. */
const TOKEN_SCOPES = ['upload', 'read', 'delete'] as const satisfies readonly Scope[];

/** `POST /v1/tokens` */
export const tokenRequest = z.strictObject({
  scopes: z._default(z.array(z.enum(TOKEN_SCOPES)).check(z.minLength(1)), ['upload', 'read']),
  expiresInSeconds: z._default(
    z.int().check(z.minimum(1), z.maximum(MAX_TOKEN_SECONDS)),
    USUAL_TOKEN_SECONDS,
  ),
  maxUses: z._default(z.int().check(z.minimum(1), z.maximum(MAX_TOKEN_USES)), USUAL_TOKEN_USES),
});
type TokenRequest = z.output<typeof tokenRequest>;

export interface TokenDeps {
  tokens: Pick<Tokens, 'create'>;
  /** Epoch milliseconds. */
  now(): number;
}

/**
 * A token for an app that should hold no key. It is shown this once and stored as a hash.
 * @throws ServiceError `forbidden` for scopes that the key lacks, and for callers without a key
 */
export async function createToken(
  deps: TokenDeps,
  caller: Caller | undefined,
  request: TokenRequest,
) {
  const { expiresInSeconds, maxUses } = request;
  const scopes = [...new Set(request.scopes)];
  if (caller?.via !== 'key')
    throw new ServiceError(
      'forbidden',
      'Tokens are created with a key, not with a token or a JWT: send a key.',
    );
  const lacking = scopes.filter((scope) => !caller.scopes.includes(scope));
  if (lacking.length > 0)
    throw new ServiceError(
      'forbidden',
      `The key lacks the scopes \`${lacking.join('`, `')}\`: leave them out, or use a key that has them.`,
    );
  const token = `${TOKEN_PREFIX}${randomBytes(24).toString('base64url')}`;
  const expiresAt = Math.floor(deps.now() / 1000) + expiresInSeconds;
  const { clientId, keyHash: parent } = caller;
  await deps.tokens.create(hashKey(token), { clientId, parent, scopes, maxUses, expiresAt });
  return { token, scopes, maxUses, expiresAt: new Date(expiresAt * 1000).toISOString() };
}
