import * as z from 'zod/mini';
import { createPictureLinks } from '../lib/analysis/link-signer.ts';
import { createAnalysisLists } from '../lib/analysis/list-store.ts';
import { showSummary } from '../lib/analysis/record.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { formatCursor } from '../lib/api/validation.ts';
import { connectDoor } from '../lib/auth/connect-auth.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { limitReads } from '../lib/rates/rate-lease.ts';
import { describeLinks, type LinkDeps } from '../lib/requests/links.ts';
import { listQuery } from '../lib/requests/list-query.ts';

export interface ListDeps extends Guards, LinkDeps, ReturnType<typeof createAnalysisLists> {
  now(): number;
}

export function createHandler({ door, limit, list, links, now }: ListDeps) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input: z.object({ query: listQuery }),
    handle: async ({ input: { query }, clientId }) => {
      const { cursor: after, ...filters } = query;
      const page = await list({ ...filters, after, clientId, now: now() });
      const data = await Promise.all(
        page.items.map(async (item) => ({
          ...showSummary(item, now()),
          links: await describeLinks({ links }, item),
        })),
      );
      return { status: 200, body: { data, nextCursor: formatCursor(page.next) } };
    },
  });
}

const config = readConfig(['TABLE_NAME', 'DOOR', 'READ_LIMIT_PER_MINUTE', 'RESULT_BUCKET']);
const table = connectTable();
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  ...createAnalysisLists(table, config.TABLE_NAME),
  links: createPictureLinks(config.RESULT_BUCKET, Date.now),
  now: Date.now,
});
