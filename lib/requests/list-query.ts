import * as z from 'zod/mini';
import { STATUSES } from '../analysis/record.ts';
import { cursor } from '../api/validation.ts';

const MAX_PAGE_ITEMS = 100;
const DAY_MS = 86_400_000;
/** Of an object's key: S3 allows as many bytes. */
const MAX_KEY_CHARACTERS = 1_024;

/** A moment, or a day in UTC: its first and its last millisecond. */
const time = z.union(
  [
    z.pipe(
      z.iso.datetime({ offset: true }),
      z.transform((text) => ({ first: Date.parse(text), last: Date.parse(text) })),
    ),
    z.pipe(
      z.iso.date(),
      z.transform((text) => ({ first: Date.parse(text), last: Date.parse(text) + DAY_MS - 1 })),
    ),
  ],
  'has to be a day, 2026-11-23, or a moment, 2026-11-23T12:00:00Z',
);

/** Which analyses are asked for: filters, all of which hold, and a page. */
export const listQuery = z
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
