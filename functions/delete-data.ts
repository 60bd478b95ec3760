import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createContents } from '../lib/analysis/content-store.ts';
import { createAnalysisLists } from '../lib/analysis/list-store.ts';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createResults } from '../lib/analysis/result-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { awsDefaults, connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { type DeleteAllDeps, deleteAll } from '../lib/requests/delete.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';

/** How long one call deletes, in seconds: with room to answer before the HTTP API gives up at 30. */
const MAX_DELETE_SECONDS = 20;

export function createHandler(deps: DeleteAllDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    scope: 'admin',
    input: z.object({}),
    handle: async ({ clientId, receivedAt }) => {
      const until = receivedAt + MAX_DELETE_SECONDS * 1000;
      const body = await deleteAll(deps, clientId, until);
      return { status: body.complete ? 200 : 202, body };
    },
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
  ...createAnalysisLists(table, config.TABLE_NAME),
  analyses: createAnalyses(table, config.TABLE_NAME),
  contents: createContents(table, config.TABLE_NAME),
  uploads: createUploads(s3, config.UPLOAD_BUCKET),
  results: createResults(connectBucket(config.RESULT_BUCKET)),
  webhooks: createWebhooks(table, config.TABLE_NAME),
  deliveries: createDeliveries(table, config.TABLE_NAME),
  now: Date.now,
});
