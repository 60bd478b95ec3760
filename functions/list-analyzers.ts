import * as z from 'zod/mini';
import { createOwnAnalyzers, type OwnAnalyzers } from '../lib/analyzers/own-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { listAnalyzers } from '../lib/requests/put-analyzer.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  input: z.object({}),
  connect: (table, config): { own: OwnAnalyzers } => ({
    own: createOwnAnalyzers(table, config.TABLE_NAME),
  }),
  handle: async ({ own }, { clientId }) => ({
    status: 200,
    body: { data: await listAnalyzers(own, clientId) },
  }),
});
