import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { awsDefaults, connectTable } from '../lib/aws/connections.ts';
import { createStoredParts } from '../lib/aws/stored-parts.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { type ListPartsDeps, listParts } from '../lib/requests/multipart.ts';

const input = z.object({ path: z.object({ id: z.string() }) });

export function createHandler(deps: ListPartsDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    scope: 'upload',
    input,
    handle: async ({ input: { path }, clientId }) => ({
      status: 200,
      body: await listParts(deps, clientId, path.id),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'UPLOAD_BUCKET']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  analyses: createAnalyses(table, config.TABLE_NAME),
  parts: createStoredParts(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
});
