import * as z from 'zod/mini';
import { auth, idempotency, readRate, route } from '../lib/api/route.ts';
import { connectQueues } from '../lib/aws/connections.ts';
import { createSender, type Sender } from '../lib/aws/queue.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { type DeliveryDeps, replayDelivery } from '../lib/webhooks/webhooks.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate, idempotency],
  scope: 'admin',
  input: z.object({ path: z.object({ id: z.string(), eventId: z.string() }) }),
  settings: ['WEBHOOK_QUEUE_URL'],
  connect: (table, config): DeliveryDeps & { notices: Sender } => ({
    webhooks: createWebhooks(table, config.TABLE_NAME),
    deliveries: createDeliveries(table, config.TABLE_NAME),
    notices: createSender(connectQueues(), config.WEBHOOK_QUEUE_URL),
  }),
  handle: async (deps, { input: { path }, clientId, origin }) => {
    const name = { endpointId: path.id, eventId: path.eventId };
    return { status: 202, body: await replayDelivery(deps, clientId, name, origin) };
  },
});
