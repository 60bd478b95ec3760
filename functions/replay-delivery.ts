import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectQueues, connectTable } from '../lib/aws/connections.ts';
import { createSender, type Sender } from '../lib/aws/queue.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { type DeliveryDeps, replayDelivery } from '../lib/webhooks/webhooks.ts';

const input = z.object({ path: z.object({ id: z.string(), eventId: z.string() }) });

export function createHandler(given: DeliveryDeps & { notices: Sender } & Guards) {
  const { door, limit, idempotency, ...deps } = given;
  return createHttpHandler({
    door,
    limit,
    idempotency,
    scope: 'admin',
    input,
    handle: async ({ input: { path }, clientId, origin }) => {
      const name = { endpointId: path.id, eventId: path.eventId };
      return { status: 202, body: await replayDelivery(deps, clientId, name, origin) };
    },
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'WEBHOOK_QUEUE_URL']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  idempotency: connectIdempotency(table, config),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  deliveries: createDeliveries(table, config.TABLE_NAME),
  notices: createSender(connectQueues(), config.WEBHOOK_QUEUE_URL),
});
