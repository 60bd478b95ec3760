import * as z from 'zod/mini';
import { newDefinition } from '../lib/analyzers/own.ts';
import { createAnalyzerWriter, createOwnAnalyzers } from '../lib/analyzers/own-store.ts';
import { analyzerName } from '../lib/analyzers/registry.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { type PutAnalyzerDeps, putAnalyzer } from '../lib/requests/put-analyzer.ts';

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'admin',
  json: true,
  input: z.object({ path: z.object({ name: analyzerName }), body: newDefinition }),
  settings: ['GEMINI_MODELS'],
  connect: (table, config): PutAnalyzerDeps => {
    const own = createOwnAnalyzers(table, config.TABLE_NAME);
    return {
      writer: createAnalyzerWriter(table, config.TABLE_NAME, own),
      models: config.GEMINI_MODELS,
      now: Date.now,
    };
  },
  handle: async (deps, { input: { path, body }, clientId }) => {
    const { isNew, analyzer } = await putAnalyzer(deps, clientId, path.name, body);
    const location = `/v1/analyzers/${analyzer.name}@${analyzer.version}`;
    return { status: isNew ? 201 : 200, body: analyzer, headers: { location } };
  },
});
