import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { type Table, unlessRefused } from '../aws/table.ts';

/** How long a bucket that nobody takes from is kept, in seconds: it is full long before. */
const IDLE_BUCKET_SECONDS = 3_600;
/**
 * A bucket is full again within a minute, so `fullAt` further ahead than this, in microseconds, was written
 * by a clock that is wrong: it must not lock a client out until that clock is right.
 */
export const ABSURD_MICROSECONDS = 6 * 60_000_000;

/** Token buckets (lib/rates/rate-limit.ts), shared by all instances. Every time is in microseconds since 1970. */
export type RateBuckets = ReturnType<typeof createRateBuckets>;

const storedBucket = z.object({
  fullAt: z.number(),
  /** The last take's. */
  mark: z.optional(z.string()),
});

/** Some tokens' worth, once however often it is sent. Times and costs in microseconds. */
export interface Take {
  name: string;
  now: number;
  cost: number;
  mark: string;
}

export function describeTake(name: string, now: number, cost: number): Take {
  return { name, now, cost, mark: randomUUID() };
}

export function createRateBuckets(table: Table, TableName: string) {
  const keyOf = (name: string) => ({ TableName, Key: { pk: `rate#${name}` } });

  /** The new `fullAt`; undefined where the condition refused, as it does where the same take was sent before. */
  async function move(
    name: string,
    now: number,
    mark: string,
    { to, when, values }: { to: string; when: string; values: Record<string, number> },
  ): Promise<number | undefined> {
    const expiresAt = Math.ceil(now / 1_000_000) + IDLE_BUCKET_SECONDS;
    const common = { ':now': now, ':expiresAt': expiresAt, ':mark': mark };
    const command = {
      ...keyOf(name),
      UpdateExpression: `SET fullAt = ${to}, expiresAt = :expiresAt, mark = :mark`,
      ConditionExpression: `(${when}) AND (attribute_not_exists(mark) OR mark <> :mark)`,
      ExpressionAttributeValues: { ...common, ...values },
      ReturnValues: 'ALL_NEW' as const,
    };
    const answer = await unlessRefused(table.update(command));
    return answer && storedBucket.parse(answer.Attributes).fullAt;
  }

  return {
    /** Takes from a bucket that is full. An update knows no maximum of two numbers, so that is a case of its own. */
    async takeFromFull({ name, now, cost, mark }: Take): Promise<number | undefined> {
      return move(name, now, mark, {
        to: ':now + :cost',
        when: 'attribute_not_exists(fullAt) OR fullAt <= :now OR fullAt > :absurd',
        values: { ':cost': cost, ':absurd': now + ABSURD_MICROSECONDS },
      });
    },

    /** Takes from one that is not, as long as it will be full by `latest`. */
    async take({ name, now, cost, mark }: Take, latest: number): Promise<number | undefined> {
      return move(name, now, mark, {
        to: 'fullAt + :cost',
        when: 'fullAt > :now AND fullAt <= :latest',
        values: { ':cost': cost, ':latest': latest },
      });
    },

    /** A bucket, and whether this take was the last one from it: its answer may have been lost. */
    async read({ name, mark }: Take): Promise<{ fullAt: number; isTaken: boolean } | undefined> {
      const { Item } = await table.get({ ...keyOf(name), ConsistentRead: true });
      if (!Item) return undefined;
      const bucket = storedBucket.parse(Item);
      return { fullAt: bucket.fullAt, isTaken: bucket.mark === mark };
    },
  };
}
