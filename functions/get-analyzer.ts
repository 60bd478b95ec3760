import * as z from 'zod/mini';
import { createOwnAnalyzers, type OwnAnalyzers } from '../lib/analyzers/own-store.ts';
import { analyzerVersion } from '../lib/analyzers/registry.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { showAnalyzer } from '../lib/requests/put-analyzer.ts';

const input = z.object({
  path: z.object({ name: z.string() }),
  query: z.object({ version: z.optional(analyzerVersion) }),
});

export function createHandler({ door, limit, own }: Guards & { own: OwnAnalyzers }) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input,
    handle: async ({ input: { path, query }, clientId }) => ({
      status: 200,
      body: await showAnalyzer(own, clientId, path.name, query.version),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  own: createOwnAnalyzers(table, config.TABLE_NAME),
});
