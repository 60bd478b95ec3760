import * as z from 'zod/mini';
import { STATUSES, showSummary } from '../lib/analysis.ts';
import { cursor, formatCursor } from '../lib/api/cursor.ts';
import { createHttpHandler, type Guards } from '../lib/api/http.ts';
import { createAnalysisLists } from '../lib/aws/analysis-lists.ts';
import { connectTable } from '../lib/aws/connections.ts';
import { createPictureLinks } from '../lib/aws/picture-links.ts';
import { readConfig } from '../lib/config.ts';
import { connectDoor } from '../lib/door/connect-door.ts';
import { limitReads } from '../lib/rates/limits.ts';
import { describeLinks, type LinkDeps } from '../lib/requests/links.ts';

const MAX_PAGE_ITEMS = 100;
const DAY_MS = 86_400_000;
/** Of an object's key: S3 allows as many bytes. */
const MAX_KEY_CHARACTERS = 1_024;

/** A moment, or a day in UTC: its first and its last millisecond. */
const time = z.union([
  z.pipe(
    z.iso.datetime({ offset: true }),
    z.transform((text) => ({ first: Date.parse(text), last: Date.parse(text) })),
  ),
  z.pipe(
    z.iso.date(),
    z.transform((text) => ({ first: Date.parse(text), last: Date.parse(text) + DAY_MS - 1 })),
  ),
]);

const query = z
  .object({
    limit: z._default(
      z.coerce.number().check(z.int(), z.minimum(1), z.maximum(MAX_PAGE_ITEMS)),
      20,
    ),
    cursor: z.optional(cursor),
    status: z.optional(z.enum(STATUSES)),
    tag: z.optional(z.string().check(z.minLength(1))),
    analyzer: z.optional(z.string().check(z.minLength(1))),
    key: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_KEY_CHARACTERS))),
    from: z.optional(
      z.pipe(
        time,
        z.transform(({ first }) => first),
      ),
    ),
    to: z.optional(
      z.pipe(
        time,
        z.transform(({ last }) => last),
      ),
    ),
  })
  .check(
    z.refine(({ from = 0, to = from }) => from <= to, { path: ['to'], error: 'is before `from`' }),
  );

export interface ListDeps extends Guards, LinkDeps, ReturnType<typeof createAnalysisLists> {
  now(): number;
}

export function createHandler({ door, limit, list, links, now }: ListDeps) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
    input: z.object({ query }),
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
