import * as z from 'zod/mini';
import { auth, readRate, route } from '../lib/api/route.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { type DeliveryDeps, listDeliveries } from '../lib/webhooks/webhooks.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'admin',
  input: z.object({ path: z.object({ id: z.string() }) }),
  connect: (table, config): DeliveryDeps => ({
    webhooks: createWebhooks(table, config.TABLE_NAME),
    deliveries: createDeliveries(table, config.TABLE_NAME),
  }),
  handle: async (deps, { input: { path }, clientId }) => ({
    status: 200,
    body: await listDeliveries(deps, clientId, path.id),
  }),
});
