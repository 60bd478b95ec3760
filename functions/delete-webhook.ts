import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { removeWebhook, type WebhookDeps } from '../lib/webhooks/webhooks.ts';

const input = z.object({ path: z.object({ id: z.string() }) });

export function createHandler({ door, limit, ...deps }: Pick<WebhookDeps, 'webhooks'> & Guards) {
  return createHttpHandler({
    door,
    limit,
    scope: 'admin',
    input,
    handle: async ({ input: { path }, clientId }) => ({
      status: 200,
      body: await removeWebhook(deps, clientId, path.id),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  webhooks: createWebhooks(table, config.TABLE_NAME),
});
