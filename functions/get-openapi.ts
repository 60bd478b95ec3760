import * as z from 'zod/mini';
import { createHttpHandler } from '../lib/api/http.ts';
import description from '../lib/openapi.json' with { type: 'json' };

/** Tells what every route takes and answers. */
export function createHandler() {
  return createHttpHandler({
    input: z.object({}),
    handle: async () => ({ status: 200, body: description }),
  });
}

export const handler = createHandler();
