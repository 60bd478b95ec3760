import { S3Client } from '@aws-sdk/client-s3';
import type { Context, SQSEvent } from 'aws-lambda';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createAnalyzerFinder } from '../lib/analyzers/own-store.ts';
import { createClientSettings } from '../lib/auth/client-settings.ts';
import { awsDefaults, connectQueues, connectTable } from '../lib/aws/connections.ts';
import { createSender } from '../lib/aws/queue.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { createSpending } from '../lib/budget/spending-store.ts';
import { readConfig } from '../lib/config.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import type { ClaimDeps } from '../lib/work/claim.ts';
import { failObject } from '../lib/work/fail.ts';
import { handleEvent } from '../lib/work/queue-messages.ts';

/** Takes what was left in the dead-letter queue, so that no upload ends without a record. */
export function createHandler(deps: ClaimDeps) {
  return (event: SQSEvent, context: Context) =>
    handleEvent(event, context, {
      handle: (object) => failObject(deps, object),
      unreadable: 'drop',
    });
}

const config = readConfig([
  'TABLE_NAME',
  'UPLOAD_BUCKET',
  'DROP_CLIENT_ID',
  'WEBHOOK_QUEUE_URL',
  'RECORD_DAYS',
]);
const table = connectTable();
export const handler = createHandler({
  analyses: createAnalyses(table, config.TABLE_NAME),
  uploads: createUploads(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
  findAnalyzer: createAnalyzerFinder(table, config.TABLE_NAME),
  spending: createSpending(table, config.TABLE_NAME),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  notices: createSender(connectQueues(), config.WEBHOOK_QUEUE_URL),
  settings: createClientSettings(table, config.TABLE_NAME),
  recordDays: config.RECORD_DAYS,
  dropClientId: config.DROP_CLIENT_ID,
  now: Date.now,
});
