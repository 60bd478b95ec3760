import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectIdempotency } from '../lib/api/idempotency.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { createPartSigner } from '../lib/aws/upload-form.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { partsRequest, type SignPartsDeps, signParts } from '../lib/requests/sign-parts.ts';

const input = z.object({ path: z.object({ id: z.string() }), body: partsRequest });

export function createHandler(deps: SignPartsDeps & Guards) {
  return createHttpHandler({
    ...deps,
    scope: 'upload',
    json: true,
    input,
    handle: async ({ input: { path, body }, clientId }) => {
      const signed = await signParts(deps, clientId, path.id, body);
      return { status: 200, body: signed, goodUntil: Date.parse(signed.expiresAt) };
    },
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'UPLOAD_BUCKET']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  idempotency: connectIdempotency(table, config),
  analyses: createAnalyses(table, config.TABLE_NAME),
  signer: createPartSigner(config.UPLOAD_BUCKET),
  now: Date.now,
});
