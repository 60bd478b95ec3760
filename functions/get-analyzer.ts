import * as z from 'zod/mini';
import { createOwnAnalyzers, type OwnAnalyzers } from '../lib/analyzers/own-store.ts';
import { analyzerVersion } from '../lib/analyzers/registry.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { showAnalyzer } from '../lib/requests/put-analyzer.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  input: z.object({
    path: z.object({ name: z.string() }),
    query: z.object({ version: z.optional(analyzerVersion) }),
  }),
  connect: (table, config): { own: OwnAnalyzers } => ({
    own: createOwnAnalyzers(table, config.TABLE_NAME),
  }),
  handle: async ({ own }, { input: { path, query }, clientId }) => ({
    status: 200,
    body: await showAnalyzer(own, clientId, path.name, query.version),
  }),
});
