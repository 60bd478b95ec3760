import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createClientSettings } from '../lib/auth/client-settings.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { type EstimateDeps, estimateCost } from '../lib/requests/estimate.ts';
import { estimateRequest } from '../lib/requests/estimate-subject.ts';
import { createAnalyzerFinder } from '../lib/work/find-analyzer.ts';

const input = z.object({ body: estimateRequest });

export function createHandler({ door, limit, ...deps }: EstimateDeps & Guards) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    json: true,
    input,
    handle: async ({ input: { body }, clientId }) => ({
      status: 200,
      body: await estimateCost(deps, clientId, body),
    }),
  });
}

const config = readConfig([
  'TABLE_NAME',
  'DOOR',
  'READ_LIMIT_PER_MINUTE',
  'GEMINI_MODELS',
  'CLIENT_BUDGET',
]);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  analyses: createAnalyses(table, config.TABLE_NAME),
  settings: createClientSettings(table, config.TABLE_NAME),
  findAnalyzer: createAnalyzerFinder(table, config.TABLE_NAME),
  models: config.GEMINI_MODELS,
  budget: config.CLIENT_BUDGET,
});
