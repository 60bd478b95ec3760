import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { auth, idempotency, readRate, route } from '../lib/api/route.ts';
import { createPartSigner } from '../lib/aws/upload-form.ts';
import { partsRequest, type SignPartsDeps, signParts } from '../lib/requests/sign-parts.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate, idempotency],
  scope: 'upload',
  json: true,
  input: z.object({ path: z.object({ id: z.string() }), body: partsRequest }),
  settings: ['UPLOAD_BUCKET'],
  connect: (table, config): SignPartsDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    signer: createPartSigner(config.UPLOAD_BUCKET),
    now: Date.now,
  }),
  handle: async (deps, { input: { path, body }, clientId }) => {
    const signed = await signParts(deps, clientId, path.id, body);
    return { status: 200, body: signed, goodUntil: Date.parse(signed.expiresAt) };
  },
});
