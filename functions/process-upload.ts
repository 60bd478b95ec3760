import { S3Client } from '@aws-sdk/client-s3';
import type { Context, S3Event, SQSEvent } from 'aws-lambda';
import { awsDefaults, connectQueues, connectReader, connectTable } from '../lib/aws/connections.ts';
import { createQueue, createSender, type Queue } from '../lib/aws/queue.ts';
import { createUploadReader } from '../lib/aws/stored-file.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { readConfig } from '../lib/config.ts';
import { describeLimits } from '../lib/media/media.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';
import { type AnalyzeDeps, analyzeObject } from '../lib/work/analyze.ts';
import { connectGemini, connectModelFiles } from '../lib/work/connect-gemini.ts';
import { connectStores } from '../lib/work/connect-stores.ts';
import { handleEvent } from '../lib/work/queue-messages.ts';

/** Takes SQS messages with S3 events inside, and plain S3 events. */
export function createHandler(deps: AnalyzeDeps & { queue: Queue }) {
  return (event: SQSEvent | S3Event, context: Context) =>
    handleEvent(event, context, {
      handle: (object, delivery) => analyzeObject(deps, object, delivery),
      changeVisibility: deps.queue.changeVisibility,
      unreadable: 'return',
    });
}

const config = readConfig([
  'TABLE_NAME',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
  'UPLOAD_QUEUE_URL',
  'DROP_CLIENT_ID',
  'GEMINI_SECRET_ID',
  'GEMINI_BASE_URL',
  'GEMINI_MODELS',
  'GEMINI_STORE',
  'MAX_PICTURE_BYTES',
  'MAX_PICTURE_PIXELS',
  'MAX_VIDEO_BYTES',
  'MAX_AUDIO_BYTES',
  'MAX_DOCUMENT_BYTES',
  'CLIENT_BUDGET',
  'WEBHOOK_QUEUE_URL',
  'RECORD_DAYS',
]);
const table = connectTable();
const s3 = new S3Client(awsDefaults);
const queues = connectQueues();
export const handler = createHandler({
  ...connectStores(table, config),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  notices: createSender(queues, config.WEBHOOK_QUEUE_URL),
  uploads: {
    ...createUploads(s3, config.UPLOAD_BUCKET),
    ...createUploadReader(connectReader(config.UPLOAD_BUCKET)),
  },
  queue: createQueue(queues, config.UPLOAD_QUEUE_URL),
  gemini: connectGemini(table, config),
  modelFiles: connectModelFiles(config),
  dropClientId: config.DROP_CLIENT_ID,
  limits: describeLimits(config),
  now: Date.now,
  // Not process.exit(): that waits for the threads, one of which is what hangs.
  endWorker: () => process.kill(process.pid, 'SIGKILL'),
});
