import * as z from 'zod';
import { STATUSES, showSummary } from '../lib/analysis.ts';
import { createAnalysisLists } from '../lib/aws/analysis-lists.ts';
import { type Clients, createClients } from '../lib/aws/clients.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { cursor, formatCursor } from '../lib/cursor.ts';
import { createHttpHandler } from '../lib/http.ts';

const MAX_PAGE_ITEMS = 100;
/** Of an object's key: S3 allows as many bytes. */
const MAX_KEY_CHARACTERS = 1_024;

const input = z.object({
  query: z.object({
    limit: z.coerce.number().int().min(1).max(MAX_PAGE_ITEMS).default(20),
    cursor: cursor.optional(),
    status: z.enum(STATUSES).optional(),
    tag: z.string().min(1).optional(),
    analyzer: z.string().min(1).optional(),
    key: z.string().min(1).max(MAX_KEY_CHARACTERS).optional(),
  }),
});

export interface ListDeps extends ReturnType<typeof createAnalysisLists> {
  clients: Clients;
  now(): number;
}

export function createHandler({ clients, list, now }: ListDeps) {
  return createHttpHandler({
    clients,
    input,
    handle: async ({ input: { query }, clientId }) => {
      const { cursor: after, ...filters } = query;
      const page = await list({ ...filters, after, clientId, now: now() });
      const data = page.items.map((item) => showSummary(item, now()));
      return { status: 200, body: { data, nextCursor: formatCursor(page.next) } };
    },
  });
}

const config = readConfig(['TABLE_NAME']);
const table = connectTable();
export const handler = createHandler({
  clients: createClients(table, config.TABLE_NAME),
  ...createAnalysisLists(table, config.TABLE_NAME),
  now: Date.now,
});
