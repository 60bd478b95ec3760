import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { createDoorSecretReader } from '../lib/auth/stage-secret.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { listWebhooks, type WebhookDeps } from '../lib/webhooks/webhooks.ts';

export function createHandler({ door, limit, ...deps }: WebhookDeps & Guards) {
  return createHttpHandler({
    door,
    limit,
    scope: 'admin',
    input: z.object({}),
    handle: async ({ clientId }) => ({ status: 200, body: await listWebhooks(deps, clientId) }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  readSecret: createDoorSecretReader(config.DOOR.secretId),
  now: Date.now,
});
