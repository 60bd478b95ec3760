import * as z from 'zod/mini';
import { createOwnAnalyzers, type OwnAnalyzers } from '../lib/analyzers/own-store.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { listAnalyzers } from '../lib/requests/put-analyzer.ts';

export function createHandler({ door, limit, own }: Guards & { own: OwnAnalyzers }) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input: z.object({}),
    handle: async ({ clientId }) => ({
      status: 200,
      body: { data: await listAnalyzers(own, clientId) },
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  own: createOwnAnalyzers(table, config.TABLE_NAME),
});
