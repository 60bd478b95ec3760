import * as z from 'zod/mini';
import { connectIdempotency } from '../lib/api/connect-idempotency.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createAnalyses } from '../lib/aws/analyses.ts';
import { createClientSettings } from '../lib/aws/client-settings.ts';
import { connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createContents } from '../lib/aws/contents.ts';
import { createPartStarter } from '../lib/aws/part-starter.ts';
import { createResults } from '../lib/aws/results.ts';
import { createSpending } from '../lib/aws/spending.ts';
import { createFormSigner } from '../lib/aws/upload-form.ts';
import { readConfig } from '../lib/config.ts';
import { connectDoor } from '../lib/door/connect-door.ts';
import { limitUploads } from '../lib/rates/limits.ts';
import {
  announceUpload,
  freshness,
  type UploadDeps,
  uploadRequest,
} from '../lib/requests/upload.ts';
import { readUploadLimits } from '../lib/requests/upload-limits.ts';
import { createAnalyzerFinder } from '../lib/work/find-analyzer.ts';

const input = z.object({ query: z.object({ fresh: freshness }), body: uploadRequest });

export function createHandler(deps: UploadDeps & Guards) {
  return createHttpHandler({
    ...deps,
    scope: 'upload',
    json: true,
    input,
    handle: async ({ input: { query, body }, clientId, origin }) =>
      announceUpload(deps, clientId, { ...body, ...query }, origin),
  });
}

const config = readConfig([
  'TABLE_NAME',
  'DOOR',
  'RATE_LIMIT_PER_MINUTE',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
  'MAX_PICTURE_BYTES',
  'MAX_VIDEO_BYTES',
  'MAX_AUDIO_BYTES',
  'MAX_DOCUMENT_BYTES',
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
  contents: createContents(table, config.TABLE_NAME),
  uploads: createFormSigner(config.UPLOAD_BUCKET),
  parts: createPartStarter(connectBucket(config.UPLOAD_BUCKET)),
  results: createResults(connectBucket(config.RESULT_BUCKET)),
  findAnalyzer: createAnalyzerFinder(table, config.TABLE_NAME),
  maxBytes: readUploadLimits(config),
  now: Date.now,
});
