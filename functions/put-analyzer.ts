import * as z from 'zod/mini';
import { newDefinition } from '../lib/analyzers/own.ts';
import { createAnalyzerWriter, createOwnAnalyzers } from '../lib/analyzers/own-store.ts';
import { analyzerName } from '../lib/analyzers/registry.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { type PutAnalyzerDeps, putAnalyzer } from '../lib/requests/put-analyzer.ts';

const input = z.object({ path: z.object({ name: analyzerName }), body: newDefinition });

export function createHandler(deps: PutAnalyzerDeps & Guards) {
  return createHttpHandler({
    door: deps.door,
    limit: deps.limit,
    scope: 'admin',
    json: true,
    input,
    handle: async ({ input: { path, body }, clientId }) => {
      const { isNew, analyzer } = await putAnalyzer(deps, clientId, path.name, body);
      const location = `/v1/analyzers/${analyzer.name}@${analyzer.version}`;
      return { status: isNew ? 201 : 200, body: analyzer, headers: { location } };
    },
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'GEMINI_MODELS']);
const table = connectTable();
const own = createOwnAnalyzers(table, config.TABLE_NAME);
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  writer: createAnalyzerWriter(table, config.TABLE_NAME, own),
  models: config.GEMINI_MODELS,
  now: Date.now,
});
