import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createClientSettings } from '../lib/auth/client-settings.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { createSpending } from '../lib/budget/spending-store.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { reportUsage, type UsageDeps, usageQuery } from '../lib/requests/usage.ts';

const input = z.object({ query: usageQuery });

export function createHandler({ door, limit, ...deps }: UsageDeps & Guards) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input,
    handle: async ({ input: { query }, clientId }) => ({
      status: 200,
      body: await reportUsage(deps, clientId, query),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'CLIENT_BUDGET']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  settings: createClientSettings(table, config.TABLE_NAME),
  spending: createSpending(table, config.TABLE_NAME),
  budget: config.CLIENT_BUDGET,
  now: Date.now,
});
