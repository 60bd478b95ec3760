import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createContents } from '../lib/analysis/content.ts';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createResults } from '../lib/analysis/result-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { awsDefaults, connectBucket } from '../lib/aws/connections.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { type DeleteDeps, deleteAnalysis } from '../lib/requests/delete.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'delete',
  input: z.object({ path: z.object({ id: z.string() }) }),
  settings: ['UPLOAD_BUCKET', 'RESULT_BUCKET'],
  connect: (table, config): DeleteDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    contents: createContents(table, config.TABLE_NAME),
    uploads: createUploads(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
    results: createResults(connectBucket(config.RESULT_BUCKET)),
    webhooks: createWebhooks(table, config.TABLE_NAME),
    deliveries: createDeliveries(table, config.TABLE_NAME),
    now: Date.now,
  }),
  handle: async (deps, { input: { path }, clientId }) => ({
    status: 200,
    body: await deleteAnalysis(deps, clientId, path.id),
  }),
});
