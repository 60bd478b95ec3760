import { createRateBuckets } from '../aws/rate-buckets.ts';
import type { Table } from '../aws/table.ts';
import { createLeasedLimit } from './rate-lease.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';

/** What makes an analysis, and so costs money. */
export function limitUploads(
  table: Table,
  config: { TABLE_NAME: string; RATE_LIMIT_PER_MINUTE: number },
): RateLimit {
  const buckets = createRateBuckets(table, config.TABLE_NAME);
  const perMinute = config.RATE_LIMIT_PER_MINUTE;
  return createRateLimit({ buckets, policy: 'uploads', perMinute, now: Date.now });
}

/** Everything else. */
export function limitReads(
  table: Table,
  config: { TABLE_NAME: string; READ_LIMIT_PER_MINUTE: number },
): RateLimit {
  const buckets = createRateBuckets(table, config.TABLE_NAME);
  const perMinute = config.READ_LIMIT_PER_MINUTE;
  return createLeasedLimit({ buckets, policy: 'reads', perMinute, now: Date.now });
}
