import * as z from 'zod/mini';
import { auth, readRate, route } from '../lib/api/route.ts';
import { createStageSecretReader } from '../lib/auth/stage-secret.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { listWebhooks, type WebhookDeps } from '../lib/webhooks/webhooks.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'admin',
  input: z.object({}),
  settings: ['DOOR'],
  connect: (table, config): WebhookDeps => ({
    webhooks: createWebhooks(table, config.TABLE_NAME),
    readSecret: createStageSecretReader(config.DOOR.secretId),
    now: Date.now,
  }),
  handle: async (deps, { clientId }) => ({
    status: 200,
    body: await listWebhooks(deps, clientId),
  }),
});
