import * as z from 'zod/mini';
import { createHttpHandler } from '../lib/api/http.ts';
import { ServiceError } from '../lib/errors.ts';

/** Everything that no other route takes. */
export function createHandler() {
  return createHttpHandler({
    input: z.object({}),
    handle: async ({ event }) => {
      const { method, path } = event.requestContext.http;
      throw new ServiceError('not_found', `There is no ${method} ${path}.`);
    },
  });
}

export const handler = createHandler();
