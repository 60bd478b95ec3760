import * as z from 'zod/mini';
import { auth, readRate, route } from '../lib/api/route.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { removeWebhook, type WebhookDeps } from '../lib/webhooks/webhooks.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'admin',
  input: z.object({ path: z.object({ id: z.string() }) }),
  connect: (table, config): Pick<WebhookDeps, 'webhooks'> => ({
    webhooks: createWebhooks(table, config.TABLE_NAME),
  }),
  handle: async (deps, { input: { path }, clientId }) => ({
    status: 200,
    body: await removeWebhook(deps, clientId, path.id),
  }),
});
