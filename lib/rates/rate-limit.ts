import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Caller } from '../auth/authenticate.ts';
import { type Table, unlessRefused } from '../aws/table.ts';

/** How long a bucket that nobody takes from is kept, in seconds: it is full long before. */
const IDLE_BUCKET_SECONDS = 3_600;
/**
 * A bucket is full again within a minute, so `fullAt` further ahead than this, in microseconds, was written
 * by a clock that is wrong: it must not lock a client out until that clock is right.
 */
const ABSURD_MICROSECONDS = 6 * 60_000_000;

/** Token buckets (lib/rates/rate-limit.ts), shared by all instances. Every time is in microseconds since 1970. */
type RateBuckets = ReturnType<typeof createRateBuckets>;

const storedBucket = z.object({
  fullAt: z.number(),
  /** The last take's. */
  mark: z.optional(z.string()),
});

/** Some tokens' worth, once however often it is sent. Times and costs in microseconds. */
interface Take {
  name: string;
  now: number;
  cost: number;
  mark: string;
}

function describeTake(name: string, now: number, cost: number): Take {
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

/** Runs what has the same name one after the other, in the order it came; nothing waits for other names. */
function createTurns(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
}

/** Over which a bucket refills, in seconds: the `w` of `RateLimit-Policy`. */
export const WINDOW_SECONDS = 60;
const MICROSECONDS = 1_000_000;

/**
 * A token bucket. Its whole state is one time, `fullAt`: when it will be full again (the "theoretical
 * arrival time" of GCRA, ITU-T I.371). A token taken moves it on by `interval`. Times in microseconds.
 */
interface Bucket {
  capacity: number;
  /** Until one token is refilled. */
  interval: number;
}

/** Rounded so that never more than `perMinute` come back in a minute. */
export function createBucket(perMinute: number, capacity = perMinute): Bucket {
  return { capacity, interval: Math.ceil((WINDOW_SECONDS * MICROSECONDS) / perMinute) };
}

/** The latest `fullAt` at which so many tokens are still there. */
export function latestFor({ capacity, interval }: Bucket, tokens: number, now: number): number {
  return now + (capacity - tokens) * interval;
}

/** Whole tokens available, and the seconds, rounded up, until the next one. */
export function countTokens({ capacity, interval }: Bucket, fullAt: number, now: number) {
  const missing = Math.max(0, fullAt - now);
  const taken = Math.min(capacity, Math.ceil(missing / interval));
  const untilNext = taken === 0 ? 0 : missing - (taken - 1) * interval;
  return { remaining: capacity - taken, nextSeconds: Math.ceil(untilNext / MICROSECONDS) };
}

/** Clients whose bucket an instance remembers. */
const MAX_REMEMBERED = 1_000;

/** The decision about one request. */
export interface Allowance {
  admitted: boolean;
  policy: string;
  perMinute: number;
  remaining: number;
  /** Until there is one more; 0 where all are there. */
  nextSeconds: number;
}

/** A client, with its own numbers in the place of the stage's where it has any; 0 = no limit. */
type LimitedCaller = Pick<Caller, 'clientId'> &
  Partial<Pick<Caller, 'uploadsPerMinute' | 'readsPerMinute'>>;

export interface RateLimit {
  /** Undefined where there is no limit. */
  take(caller: LimitedCaller): Promise<Allowance | undefined>;
}

export interface RateLimitOptions {
  buckets: RateBuckets;
  /** Its name in the headers and in the bucket's key. */
  policy: 'uploads' | 'reads';
  /** 0 = no limit. */
  perMinute: number;
  /** Epoch milliseconds. */
  now(): number;
}

/** `fullAt` in microseconds. */
export interface Taken {
  admitted: boolean;
  fullAt: number;
}

/**
 * An exact limit over all instances: one conditional write for a request that is let in. `fullAt` only grows,
 * so clocks that differ by s seconds let s seconds' worth of tokens more in, once, and not again and again.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const takeTokens = createTaker(options);
  return limitBy(options, async (clientId, perMinute) => {
    const bucket = createBucket(perMinute);
    const now = options.now() * 1000;
    const { admitted, fullAt } = await takeTokens(clientId, bucket, 1, now);
    // The time to wait runs from the answer, which a slow table may have held up.
    const count = countTokens(bucket, fullAt, admitted ? now : options.now() * 1000);
    return describeAllowance(options.policy, perMinute, admitted, count);
  });
}

/**
 * Finds the caller's number, and takes for it. Requests of one client that one process handles at once ask
 * one after the other: the first refusal answers the rest.
 */
export function limitBy(
  options: RateLimitOptions,
  take: (clientId: string, perMinute: number) => Promise<Allowance>,
): RateLimit {
  const inTurn = createTurns();
  const own = options.policy === 'uploads' ? 'uploadsPerMinute' : 'readsPerMinute';
  return {
    take: async ({ clientId, [own]: perMinute = options.perMinute }) =>
      perMinute === 0 ? undefined : inTurn(clientId, () => take(clientId, perMinute)),
  };
}

/** Takes tokens out of a client's bucket in the table; what this instance knows of it saves calls. */
export function createTaker({ buckets, policy }: RateLimitOptions) {
  const known = new Map<string, number>();
  return async (clientId: string, bucket: Bucket, tokens: number, now: number): Promise<Taken> => {
    const name = `${policy}#${clientId}`;
    const latest = latestFor(bucket, tokens, now);
    const atLeast = known.get(name) ?? 0;
    // It cannot have gone back since: a flood that is refused costs the table nothing.
    if (atLeast > latest && atLeast < now + ABSURD_MICROSECONDS)
      return { admitted: false, fullAt: atLeast };
    const take = describeTake(name, now, tokens * bucket.interval);
    const fromFull = atLeast <= now ? await buckets.takeFromFull(take) : undefined;
    const taken = fromFull ?? (await buckets.take(take, latest));
    const found = taken === undefined ? await buckets.read(take) : undefined;
    const fullAt = taken ?? found?.fullAt ?? now;
    remember(known, name, fullAt);
    return { admitted: taken !== undefined || found?.isTaken === true, fullAt };
  };
}

export function remember<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.size >= MAX_REMEMBERED) map.clear();
  map.set(name, value);
}

export function describeAllowance(
  policy: string,
  perMinute: number,
  admitted: boolean,
  { remaining, nextSeconds }: { remaining: number; nextSeconds: number },
): Allowance {
  return {
    admitted,
    policy,
    perMinute,
    remaining: admitted ? remaining : 0,
    nextSeconds: admitted ? nextSeconds : Math.max(1, nextSeconds),
  };
}
