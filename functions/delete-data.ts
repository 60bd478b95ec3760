import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createContents } from '../lib/analysis/content.ts';
import { createAnalysisLists } from '../lib/analysis/list-store.ts';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createResults } from '../lib/analysis/result-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { awsDefaults, connectBucket } from '../lib/aws/connections.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { type DeleteAllDeps, deleteAll } from '../lib/requests/delete.ts';
import { createDeliveries } from '../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../lib/webhooks/endpoint-store.ts';

/** How long one call deletes, in seconds: with room to answer before the HTTP API gives up at 30. */
const MAX_DELETE_SECONDS = 20;

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'admin',
  input: z.object({}),
  settings: ['UPLOAD_BUCKET', 'RESULT_BUCKET'],
  connect: (table, config): DeleteAllDeps => ({
    ...createAnalysisLists(table, config.TABLE_NAME),
    analyses: createAnalyses(table, config.TABLE_NAME),
    contents: createContents(table, config.TABLE_NAME),
    uploads: createUploads(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
    results: createResults(connectBucket(config.RESULT_BUCKET)),
    webhooks: createWebhooks(table, config.TABLE_NAME),
    deliveries: createDeliveries(table, config.TABLE_NAME),
    now: Date.now,
  }),
  handle: async (deps, { clientId, receivedAt }) => {
    const until = receivedAt + MAX_DELETE_SECONDS * 1000;
    const body = await deleteAll(deps, clientId, until);
    return { status: body.complete ? 200 : 202, body };
  },
});
