import * as z from 'zod/mini';
import { unlessRefused } from './conditions.ts';
import type { Table } from './table.ts';

/** How long a bucket that nobody takes from is kept, in seconds: it is full long before. */
const IDLE_BUCKET_SECONDS = 3_600;
/**
 * A bucket is full again within a minute, so `fullAt` further ahead than this, in microseconds, was written
 * by a clock that is wrong: it must not lock a client out until that clock is right.
 */
export const ABSURD_MICROSECONDS = 6 * 60_000_000;

/** Token buckets (lib/rates/token-bucket.ts), shared by all instances. Every time is in microseconds since 1970. */
export type RateBuckets = ReturnType<typeof createRateBuckets>;

const storedBucket = z.object({ fullAt: z.number() });

export function createRateBuckets(table: Table, TableName: string) {
  const keyOf = (name: string) => ({ TableName, Key: { pk: `rate#${name}` } });

  /** The new `fullAt`; undefined where the condition refused. */
  async function move(
    name: string,
    now: number,
    { to, when, values }: { to: string; when: string; values: Record<string, number> },
  ): Promise<number | undefined> {
    const expiresAt = Math.ceil(now / 1_000_000) + IDLE_BUCKET_SECONDS;
    const command = {
      ...keyOf(name),
      UpdateExpression: `SET fullAt = ${to}, expiresAt = :expiresAt`,
      ConditionExpression: when,
      ExpressionAttributeValues: { ':now': now, ':expiresAt': expiresAt, ...values },
      ReturnValues: 'ALL_NEW' as const,
    };
    const answer = await unlessRefused(table.update(command));
    return answer && storedBucket.parse(answer.Attributes).fullAt;
  }

  return {
    /** Takes from a bucket that is full. An update knows no maximum of two numbers, so that is a case of its own. */
    async takeFromFull(name: string, now: number, cost: number): Promise<number | undefined> {
      return move(name, now, {
        to: ':now + :cost',
        when: 'attribute_not_exists(fullAt) OR fullAt <= :now OR fullAt > :absurd',
        values: { ':cost': cost, ':absurd': now + ABSURD_MICROSECONDS },
      });
    },

    /** Takes from one that is not, as long as it will be full by `latest`. */
    async take(
      name: string,
      now: number,
      cost: number,
      latest: number,
    ): Promise<number | undefined> {
      return move(name, now, {
        to: 'fullAt + :cost',
        when: 'fullAt > :now AND fullAt <= :latest',
        values: { ':cost': cost, ':latest': latest },
      });
    },

    async read(name: string): Promise<number | undefined> {
      const { Item } = await table.get({ ...keyOf(name), ConsistentRead: true });
      return Item && storedBucket.parse(Item).fullAt;
    },
  };
}
