import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { awsDefaults } from '../lib/aws/connections.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { type BuryDeps, cancelUpload } from '../lib/requests/delete.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'upload',
  input: z.object({ path: z.object({ id: z.string() }) }),
  settings: ['UPLOAD_BUCKET'],
  connect: (table, config): BuryDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    uploads: createUploads(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
    now: Date.now,
  }),
  handle: async (deps, { input: { path }, clientId }) => ({
    status: 200,
    body: await cancelUpload(deps, clientId, path.id),
  }),
});
