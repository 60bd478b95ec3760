import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { createDoorSecretReader } from '../lib/auth/stage-secret.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import type { Reach } from '../lib/webhooks/webhook-target.ts';
import { addWebhook, type WebhookDeps, webhookRequest } from '../lib/webhooks/webhooks.ts';

export function createHandler({
  door,
  limit,
  idempotency,
  ...deps
}: WebhookDeps & { reach: Reach } & Guards) {
  return createHttpHandler({
    door,
    limit,
    idempotency,
    scope: 'admin',
    json: true,
    input: z.object({ body: webhookRequest }),
    handle: async ({ input: { body }, clientId, origin }) => ({
      status: 201,
      body: await addWebhook(deps, clientId, body, origin),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'WEBHOOK_REACH']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  idempotency: connectIdempotency(table, config),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  readSecret: createDoorSecretReader(config.DOOR.secretId),
  reach: config.WEBHOOK_REACH,
  now: Date.now,
});
