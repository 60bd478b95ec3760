import * as z from 'zod/mini';
import { createPictureLinks } from '../lib/analysis/link-signer.ts';
import { auth, idempotency, route, uploadRate } from '../lib/api/route.ts';
import { connectBucket } from '../lib/aws/connections.ts';
import { createUploadWriter } from '../lib/aws/upload-form.ts';
import { type AnalyzeNowDeps, analyzeNow } from '../lib/requests/analyze-now.ts';
import { type AnalyzeForm, parseForm } from '../lib/requests/form.ts';
import { freshness } from '../lib/requests/upload.ts';
import { connectStores } from '../lib/work/connect-stores.ts';

export const { createHandler, handler } = route({
  guards: [auth, uploadRate, idempotency],
  scope: 'upload',
  read: parseForm,
  input: z.object({ query: z.object({ fresh: freshness }), body: z.custom<AnalyzeForm>() }),
  settings: ['UPLOAD_BUCKET', 'RESULT_BUCKET', 'CLIENT_BUDGET', 'WEBHOOK_REACH', 'RECORD_DAYS'],
  connect: (table, config): AnalyzeNowDeps => ({
    ...connectStores(table, config),
    reach: config.WEBHOOK_REACH,
    uploads: createUploadWriter(connectBucket(config.UPLOAD_BUCKET)),
    links: createPictureLinks(config.RESULT_BUCKET, Date.now),
    now: Date.now,
  }),
  handle: (deps, { input: { query, body }, ...request }) =>
    analyzeNow(deps, { ...body, ...query }, request),
});
