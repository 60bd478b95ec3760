import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { boundCalls, connectTable } from '../lib/aws/connections.ts';
import { createStoredParts } from '../lib/aws/stored-parts.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import {
  type CompleteUploadDeps,
  completeRequest,
  completeUpload,
} from '../lib/requests/complete-upload.ts';

/** S3 takes its time to put many parts together, and one call of it is all that there is time for. */
const COMPLETE_TIMEOUT_MS = 20_000;

const input = z.object({ path: z.object({ id: z.string() }), body: completeRequest });

export function createHandler(deps: CompleteUploadDeps & Guards) {
  return createHttpHandler({
    ...deps,
    scope: 'upload',
    json: 'optional',
    input,
    handle: async ({ input: { path, body }, clientId }) => ({
      status: 200,
      body: await completeUpload(deps, clientId, path.id, body),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'UPLOAD_BUCKET']);
const table = connectTable();
const s3 = new S3Client(boundCalls(COMPLETE_TIMEOUT_MS));
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  idempotency: connectIdempotency(table, config),
  analyses: createAnalyses(table, config.TABLE_NAME),
  parts: createStoredParts(s3, config.UPLOAD_BUCKET),
});
