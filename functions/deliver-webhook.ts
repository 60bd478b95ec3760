import type { Context, SQSEvent } from 'aws-lambda';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createStageSecretReader } from '../lib/auth/stage-secret.ts';
import { connectQueues, connectTable } from '../lib/aws/connections.ts';
import { createQueue } from '../lib/aws/queue.ts';
import { readConfig } from '../lib/config.ts';
import { type DeliverMessagesDeps, deliverMessages } from '../lib/webhooks/deliver.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { createWebhookCaller } from '../lib/webhooks/webhook-target.ts';

/** Takes the messages of the webhooks' queue, and calls whom they are for. */
export function createHandler(deps: DeliverMessagesDeps) {
  return (event: SQSEvent, context: Context) => deliverMessages(deps, event, context);
}

const config = readConfig(['TABLE_NAME', 'WEBHOOK_QUEUE_URL', 'WEBHOOK_REACH', 'DOOR_SECRET_ID']);
const table = connectTable();
export const handler = createHandler({
  analyses: createAnalyses(table, config.TABLE_NAME),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  deliveries: createDeliveries(table, config.TABLE_NAME),
  call: createWebhookCaller({ reach: config.WEBHOOK_REACH }),
  readSecret: createStageSecretReader(config.DOOR_SECRET_ID),
  changeVisibility: createQueue(connectQueues(), config.WEBHOOK_QUEUE_URL).changeVisibility,
  now: Date.now,
});
