import * as z from 'zod/mini';
import { createPictureLinks } from '../lib/analysis/link-signer.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createUploadWriter } from '../lib/aws/upload-form.ts';
import { readConfig } from '../lib/config.ts';
import { limitUploads } from '../lib/rates/rate-lease.ts';
import { type AnalyzeNowDeps, analyzeNow } from '../lib/requests/analyze-now.ts';
import { type AnalyzeForm, parseForm } from '../lib/requests/form.ts';
import { freshness } from '../lib/requests/upload.ts';
import { connectStores } from '../lib/work/connect-stores.ts';

export function createHandler(deps: AnalyzeNowDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    idempotency: deps.idempotency,
    scope: 'upload',
    read: parseForm,
    input: z.object({ query: z.object({ fresh: freshness }), body: z.custom<AnalyzeForm>() }),
    handle: async ({ input: { query, body }, ...request }) =>
      analyzeNow(deps, { ...body, ...query }, request),
  });
}

const config = readConfig([
  'TABLE_NAME',
  'DOOR',
  'RATE_LIMIT_PER_MINUTE',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
  'CLIENT_BUDGET',
  'WEBHOOK_REACH',
  'RECORD_DAYS',
]);
const table = connectTable();
export const handler = createHandler({
  ...connectStores(table, config),
  door: connectDoor(table, config),
  limit: limitUploads(table, config),
  idempotency: connectIdempotency(table, config),
  reach: config.WEBHOOK_REACH,
  uploads: createUploadWriter(connectBucket(config.UPLOAD_BUCKET)),
  links: createPictureLinks(config.RESULT_BUCKET, Date.now),
  now: Date.now,
});
