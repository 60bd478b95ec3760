import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectBucket, connectTable } from '../lib/aws/connections.ts';
import { createFormSigner, createPartStarter } from '../lib/aws/upload-form.ts';
import { readConfig } from '../lib/config.ts';
import { limitUploads } from '../lib/rates/rate-lease.ts';
import { readUploadLimits } from '../lib/requests/multipart.ts';
import {
  announceUpload,
  freshness,
  type UploadDeps,
  uploadRequest,
} from '../lib/requests/upload.ts';
import { connectStores } from '../lib/work/connect-stores.ts';

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
  ...connectStores(table, config),
  door: connectDoor(table, config),
  limit: limitUploads(table, config),
  idempotency: connectIdempotency(table, config),
  reach: config.WEBHOOK_REACH,
  uploads: createFormSigner(config.UPLOAD_BUCKET),
  parts: createPartStarter(connectBucket(config.UPLOAD_BUCKET)),
  maxBytes: readUploadLimits(config),
  now: Date.now,
});
