import * as z from 'zod/mini';
import { createPictureLinks } from '../lib/analysis/link-signer.ts';
import { createAnalysisLists } from '../lib/analysis/list-store.ts';
import { showSummary } from '../lib/analysis/record.ts';
import { auth, readRate, route } from '../lib/api/route.ts';
import { formatCursor } from '../lib/api/validation.ts';
import { listQuery } from '../lib/requests/list-query.ts';
import { describeLinks, type LinkDeps } from '../lib/requests/look-up.ts';

interface ListDeps extends LinkDeps, ReturnType<typeof createAnalysisLists> {
  now(): number;
}

export const { createHandler, handler } = route({
  guards: [auth, readRate],
  scope: 'read',
  input: z.object({ query: listQuery }),
  settings: ['RESULT_BUCKET'],
  connect: (table, config): ListDeps => ({
    ...createAnalysisLists(table, config.TABLE_NAME),
    links: createPictureLinks(config.RESULT_BUCKET, Date.now),
    now: Date.now,
  }),
  handle: async ({ list, links, now }, { input: { query }, clientId }) => {
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
