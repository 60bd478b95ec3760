import * as z from 'zod/mini';
import { createFileLinks, createPictureLinks } from '../lib/analysis/link-signer.ts';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createResults } from '../lib/analysis/result-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { matchETag } from '../lib/api/validation.ts';
import { connectBucket } from '../lib/aws/connections.ts';
import { ServiceError } from '../lib/errors.ts';
import { type LookUpDeps, waitForAnalysis } from '../lib/requests/look-up.ts';

/** The longest wait, in seconds: with room to answer before the HTTP API gives up at 30. */
const MAX_WAIT_SECONDS = 20;

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  input: z.object({
    path: z.object({ id: z.string() }),
    query: z.object({
      wait: z._default(z.coerce.number().check(z.minimum(0), z.maximum(MAX_WAIT_SECONDS)), 0),
    }),
    headers: z.object({ 'if-none-match': z.optional(z.string()) }),
  }),
  settings: ['RESULT_BUCKET', 'UPLOAD_BUCKET'],
  connect: (table, config): LookUpDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    results: createResults(connectBucket(config.RESULT_BUCKET)),
    links: createPictureLinks(config.RESULT_BUCKET, Date.now),
    fileLinks: createFileLinks(config.UPLOAD_BUCKET, Date.now),
    now: Date.now,
  }),
  handle: async (deps, { input: { path, query, headers }, clientId, receivedAt }) => {
    const known = headers['if-none-match'];
    const until = receivedAt + query.wait * 1000;
    const seen = await waitForAnalysis(deps, { id: path.id, clientId, until, unlike: known });
    if (!seen) throw new ServiceError('analysis_not_found');
    const etag = seen.eTag;
    if (matchETag(known, etag)) return { status: 304, headers: { etag } };
    return { status: 200, body: seen.analysis, headers: { etag } };
  },
});
