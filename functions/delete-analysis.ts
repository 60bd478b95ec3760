import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createAnalyses } from '../lib/aws/analyses.ts';
import { awsDefaults, connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createContents } from '../lib/aws/contents.ts';
import { createDeliveries } from '../lib/aws/deliveries.ts';
import { createResults } from '../lib/aws/results.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { createWebhooks } from '../lib/aws/webhooks.ts';
import { readConfig } from '../lib/config.ts';
import { connectDoor } from '../lib/door/connect-door.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { type DeleteDeps, deleteAnalysis } from '../lib/requests/delete.ts';

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
