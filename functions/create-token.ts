import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { createTokens } from '../lib/auth/key-store.ts';
import { createToken, type TokenDeps, tokenRequest } from '../lib/auth/token.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';

/** For browsers and phones. Any key makes tokens for what it may do itself: no scope is needed. */
export function createHandler(deps: TokenDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    idempotency: deps.idempotency,
    json: true,
    input: z.object({ body: tokenRequest }),
    handle: async ({ input: { body }, caller }) => ({
      status: 201,
      body: await createToken(deps, caller, body),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  idempotency: connectIdempotency(table, config),
  tokens: createTokens(table, config.TABLE_NAME),
  now: Date.now,
});
