import * as z from 'zod/mini';
import { connectIdempotency } from '../lib/api/connect-idempotency.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createAnalyses } from '../lib/aws/analyses.ts';
import { createClientSettings } from '../lib/aws/client-settings.ts';
import { connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createPictureLinks } from '../lib/aws/picture-links.ts';
import { createResults } from '../lib/aws/results.ts';
import { createSpending } from '../lib/aws/spending.ts';
import { createUploadWriter } from '../lib/aws/upload-writer.ts';
import { readConfig } from '../lib/config.ts';
import { connectDoor } from '../lib/door/connect-door.ts';
import { limitUploads } from '../lib/rates/limits.ts';
import { type AnalyzeNowDeps, analyzeNow } from '../lib/requests/analyze-now.ts';
import { parseForm } from '../lib/requests/form.ts';
import { freshness } from '../lib/requests/upload.ts';
import { createAnalyzerFinder } from '../lib/work/find-analyzer.ts';

export function createHandler(deps: AnalyzeNowDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    idempotency: deps.idempotency,
    scope: 'upload',
    input: z.object({ query: z.object({ fresh: freshness }) }),
    handle: async ({ event, input: { query }, ...request }) =>
      analyzeNow(deps, { ...(await parseForm(event)), ...query }, request),
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
  door: connectDoor(table, config),
  limit: limitUploads(table, config),
  idempotency: connectIdempotency(table, config),
  settings: createClientSettings(table, config.TABLE_NAME),
  spending: createSpending(table, config.TABLE_NAME),
  budget: config.CLIENT_BUDGET,
  reach: config.WEBHOOK_REACH,
  recordDays: config.RECORD_DAYS,
  analyses: createAnalyses(table, config.TABLE_NAME),
  uploads: createUploadWriter(connectBucket(config.UPLOAD_BUCKET)),
  results: createResults(connectBucket(config.RESULT_BUCKET)),
  links: createPictureLinks(config.RESULT_BUCKET, Date.now),
  findAnalyzer: createAnalyzerFinder(table, config.TABLE_NAME),
  now: Date.now,
});
