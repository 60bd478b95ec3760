import { createIdempotencyRecords } from '../aws/idempotency-records.ts';
import type { Table } from '../aws/table.ts';
import { createIdempotency, type Idempotency } from './idempotency.ts';

/** Of a function whose requests may come again without harm. */
export function connectIdempotency(
  table: Table,
  { TABLE_NAME }: { TABLE_NAME: string },
): Idempotency {
  return createIdempotency({ records: createIdempotencyRecords(table, TABLE_NAME), now: Date.now });
}
