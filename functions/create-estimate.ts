import * as z from 'zod/mini';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import { createAnalyzerFinder } from '../lib/analyzers/own-store.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { createClientSettings } from '../lib/auth/client-settings.ts';
import { type EstimateDeps, estimateCost } from '../lib/requests/estimate.ts';
import { estimateRequest } from '../lib/requests/estimate-subject.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  json: true,
  input: z.object({ body: estimateRequest }),
  settings: ['GEMINI_MODELS', 'CLIENT_BUDGET'],
  connect: (table, config): EstimateDeps => ({
    analyses: createAnalyses(table, config.TABLE_NAME),
    settings: createClientSettings(table, config.TABLE_NAME),
    findAnalyzer: createAnalyzerFinder(table, config.TABLE_NAME),
    models: config.GEMINI_MODELS,
    budget: config.CLIENT_BUDGET,
  }),
  handle: async (deps, { input: { body }, clientId }) => ({
    status: 200,
    body: await estimateCost(deps, clientId, body),
  }),
});
