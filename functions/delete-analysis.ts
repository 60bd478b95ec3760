import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createContents } from '../lib/analysis/content-store.ts';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createResults } from '../lib/analysis/result-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { awsDefaults, connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { type DeleteDeps, deleteAnalysis } from '../lib/requests/delete.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';

const input = z.object({ path: z.object({ id: z.string() }) });

export function createHandler(deps: DeleteDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    scope: 'delete',
    input,
    handle: async ({ input: { path }, clientId }) => ({
      status: 200,
      body: await deleteAnalysis(deps, clientId, path.id),
    }),
  });
}

const config = readConfig([
  'TABLE_NAME',
  'DOOR',
  'READ_LIMIT_PER_MINUTE',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
]);
const table = connectTable();
const s3 = new S3Client(awsDefaults);
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  analyses: createAnalyses(table, config.TABLE_NAME),
  contents: createContents(table, config.TABLE_NAME),
  uploads: createUploads(s3, config.UPLOAD_BUCKET),
  results: createResults(connectBucket(config.RESULT_BUCKET)),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  deliveries: createDeliveries(table, config.TABLE_NAME),
  now: Date.now,
});
