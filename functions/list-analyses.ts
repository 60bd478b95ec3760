import * as z from 'zod';
import { STATUSES, showSummary } from '../lib/analysis.ts';
import { cursor, formatCursor } from '../lib/api/cursor.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createAnalysisLists } from '../lib/aws/analysis-lists.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { connectDoor } from '../lib/door/connect-door.ts';
import { limitReads } from '../lib/rates/limits.ts';

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

export interface ListDeps extends Guards, ReturnType<typeof createAnalysisLists> {
  now(): number;
}

export function createHandler({ door, limit, list, now }: ListDeps) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input,
    handle: async ({ input: { query }, clientId }) => {
      const { cursor: after, ...filters } = query;
      const page = await list({ ...filters, after, clientId, now: now() });
      const data = page.items.map((item) => showSummary(item, now()));
      return { status: 200, body: { data, nextCursor: formatCursor(page.next) } };
    },
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  ...createAnalysisLists(table, config.TABLE_NAME),
  now: Date.now,
});
