import * as z from 'zod/mini';
import { checkReadiness, type Probes } from '../lib/api/readiness.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { createClients } from '../lib/auth/key-store.ts';
import { connectAwsProbes } from '../lib/aws/probes.ts';
import { connectProbes } from '../lib/work/connect-gemini.ts';

/** When it is worth asking again, in seconds. */
const RETRY_AFTER_SECONDS = 5;

interface Deps {
  probes: Probes;
  modelProbes: Probes;
  listEnds(): object[];
}

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  input: z.object({}),
  settings: [
    'UPLOAD_BUCKET',
    'RESULT_BUCKET',
    'UPLOAD_QUEUE_URL',
    'GEMINI_SECRET_ID',
    'GEMINI_BASE_URL',
    'GEMINI_MODELS',
  ],
  connect: (table, config): Deps => {
    const clients = createClients(table, config.TABLE_NAME);
    const gemini = connectProbes(config);
    return {
      probes: {
        table: () => clients.find('readiness'),
        ...connectAwsProbes(config),
        secret: gemini.secret,
      },
      modelProbes: gemini.models,
      listEnds: gemini.listEnds,
    };
  },
  handle: async ({ probes, modelProbes, listEnds }) => {
    const { ready, ...found } = await checkReadiness(probes, modelProbes);
    const body = { status: ready ? 'ready' : 'unavailable', ...found, warnings: listEnds() };
    if (ready) return { status: 200, body };
    return { status: 503, body, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
  },
});
