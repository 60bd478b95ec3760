import * as z from 'zod/mini';
import { createHttpHandler } from '../lib/api/http.ts';

/** Says that the API answers; asks nobody else, so that a load balancer may call it often. */
export function createHandler({ now }: { now(): number }) {
  return createHttpHandler({
    input: z.object({}),
    handle: async () => ({
      status: 200,
      body: { status: 'healthy', timestamp: new Date(now()).toISOString() },
    }),
  });
}

export const handler = createHandler({ now: Date.now });
