import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { awsDefaults } from '../lib/aws/connections.ts';
import { createStoredParts } from '../lib/aws/stored-parts.ts';
import { type ListPartsDeps, listParts } from '../lib/requests/multipart.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'upload',
  input: z.object({ path: z.object({ id: z.string() }) }),
  settings: ['UPLOAD_BUCKET'],
  connect: (table, config): ListPartsDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    parts: createStoredParts(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
  }),
  handle: async (deps, { input: { path }, clientId }) => ({
    status: 200,
    body: await listParts(deps, clientId, path.id),
  }),
});
