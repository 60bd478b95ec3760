import * as z from 'zod/mini';
import { auth, readRate, route } from '../lib/api/route.ts';
import { createClientSettings } from '../lib/auth/client-settings.ts';
import { createSpending } from '../lib/budget/spending-store.ts';
import { reportUsage, type UsageDeps, usageQuery } from '../lib/requests/usage.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  input: z.object({ query: usageQuery }),
  settings: ['CLIENT_BUDGET'],
  connect: (table, config): UsageDeps => ({
    settings: createClientSettings(table, config.TABLE_NAME),
    spending: createSpending(table, config.TABLE_NAME),
    budget: config.CLIENT_BUDGET,
    now: Date.now,
  }),
  handle: async (deps, { input: { query }, clientId }) => ({
    status: 200,
    body: await reportUsage(deps, clientId, query),
  }),
});
