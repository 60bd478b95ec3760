import * as z from 'zod/mini';
import { auth, idempotency, readRate, route } from '../lib/api/route.ts';
import { createStageSecretReader } from '../lib/auth/stage-secret.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import type { Reach } from '../lib/webhooks/webhook-target.ts';
import { addWebhook, type WebhookDeps, webhookRequest } from '../lib/webhooks/webhooks.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate, idempotency],
  scope: 'admin',
  json: true,
  input: z.object({ body: webhookRequest }),
  settings: ['DOOR', 'WEBHOOK_REACH'],
  connect: (table, config): WebhookDeps & { reach: Reach } => ({
    webhooks: createWebhooks(table, config.TABLE_NAME),
    readSecret: createStageSecretReader(config.DOOR.secretId),
    reach: config.WEBHOOK_REACH,
    now: Date.now,
  }),
  handle: async (deps, { input: { body }, clientId, origin }) => ({
    status: 201,
    body: await addWebhook(deps, clientId, body, origin),
  }),
});
