import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { auth, idempotency, readRate, route } from '../lib/api/route.ts';
import { boundCalls } from '../lib/aws/connections.ts';
import { createStoredParts } from '../lib/aws/stored-parts.ts';
import {
  type CompleteUploadDeps,
  completeRequest,
  completeUpload,
} from '../lib/requests/complete-upload.ts';

/** S3 takes its time to put many parts together, and one call of it is all that there is time for. */
const COMPLETE_TIMEOUT_MS = 20_000;

export const { createHandler, handler } = route({
  guards: [auth, readRate, idempotency],
  scope: 'upload',
  json: 'optional',
  input: z.object({ path: z.object({ id: z.string() }), body: completeRequest }),
  settings: ['UPLOAD_BUCKET'],
  connect: (table, config): CompleteUploadDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    parts: createStoredParts(new S3Client(boundCalls(COMPLETE_TIMEOUT_MS)), config.UPLOAD_BUCKET),
  }),
  handle: async (deps, { input: { path, body }, clientId }) => ({
    status: 200,
    body: await completeUpload(deps, clientId, path.id, body),
  }),
});
