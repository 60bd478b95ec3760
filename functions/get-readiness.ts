import * as z from 'zod/mini';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { checkReadiness, type Probes } from '../lib/api/readiness.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { createClients } from '../lib/auth/key-store.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { connectAwsProbes } from '../lib/aws/probes.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { connectProbes } from '../lib/work/connect-gemini.ts';

/** When it is worth asking again, in seconds. */
const RETRY_AFTER_SECONDS = 5;

interface Deps extends Guards {
  probes: Probes;
  modelProbes: Probes;
  listEnds(): object[];
}

export function createHandler({ door, limit, probes, modelProbes, listEnds }: Deps) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input: z.object({}),
    handle: async () => {
      const { ready, ...found } = await checkReadiness(probes, modelProbes);
      const warnings = listEnds();
      const body = { status: ready ? 'ready' : 'unavailable', ...found, warnings };
      if (ready) return { status: 200, body };
      return { status: 503, body, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
    },
  });
}

const config = readConfig([
  'TABLE_NAME',
  'DOOR',
  'READ_LIMIT_PER_MINUTE',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
  'UPLOAD_QUEUE_URL',
  'GEMINI_SECRET_ID',
  'GEMINI_BASE_URL',
  'GEMINI_MODELS',
]);
const table = connectTable();
const clients = createClients(table, config.TABLE_NAME);
const gemini = connectProbes(config);
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  probes: {
    table: () => clients.find('readiness'),
    ...connectAwsProbes(config),
    secret: gemini.secret,
  },
  modelProbes: gemini.models,
  listEnds: gemini.listEnds,
});
