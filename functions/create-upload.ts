import * as z from 'zod/mini';
import { auth, idempotency, route, uploadRate } from '../lib/api/route.ts';
import { connectBucket } from '../lib/aws/connections.ts';
import { createFormSigner, createPartStarter } from '../lib/aws/upload-form.ts';
import { readUploadLimits } from '../lib/requests/multipart.ts';
import {
  announceUpload,
  freshness,
  type UploadDeps,
  uploadRequest,
} from '../lib/requests/upload.ts';
import { connectStores } from '../lib/work/connect-stores.ts';

export const { createHandler, handler } = route({
  guards: [auth, uploadRate, idempotency],
  scope: 'upload',
  json: true,
  input: z.object({ query: z.object({ fresh: freshness }), body: uploadRequest }),
  settings: [
    'UPLOAD_BUCKET',
    'RESULT_BUCKET',
    'MAX_PICTURE_BYTES',
    'MAX_VIDEO_BYTES',
    'MAX_AUDIO_BYTES',
    'MAX_DOCUMENT_BYTES',
    'CLIENT_BUDGET',
    'WEBHOOK_REACH',
    'RECORD_DAYS',
  ],
  connect: (table, config): UploadDeps => ({
    ...connectStores(table, config),
    reach: config.WEBHOOK_REACH,
    uploads: createFormSigner(config.UPLOAD_BUCKET),
    parts: createPartStarter(connectBucket(config.UPLOAD_BUCKET)),
    maxBytes: readUploadLimits(config),
    now: Date.now,
  }),
  handle: (deps, { input: { query, body }, clientId, origin }) =>
    announceUpload(deps, clientId, { ...body, ...query }, origin),
});
