import * as z from 'zod/mini';
import { auth, idempotency, readRate, route } from '../lib/api/route.ts';
import { createTokens } from '../lib/auth/key-store.ts';
import { createToken, type TokenDeps, tokenRequest } from '../lib/auth/token.ts';

/** For browsers and phones. Any key makes tokens for what it may do itself: no scope is needed. */
export const { createHandler, handler } = route({
  guards: [auth, readRate, idempotency],
  json: true,
  input: z.object({ body: tokenRequest }),
  connect: (table, config): TokenDeps => ({
    tokens: createTokens(table, config.TABLE_NAME),
    now: Date.now,
  }),
  handle: async (deps, { input: { body }, caller }) => ({
    status: 201,
    body: await createToken(deps, caller, body),
  }),
});
