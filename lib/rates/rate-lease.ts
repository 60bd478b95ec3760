import type { Table } from '../aws/table.ts';
import {
  countTokens,
  createBucket,
  createRateBuckets,
  createRateLimit,
  createTaker,
  describeAllowance,
  limitBy,
  type RateLimit,
  type RateLimitOptions,
  remember,
  type Taken,
  WINDOW_SECONDS,
} from './rate-limit.ts';

/** Lifetime of tokens that an instance took in advance, in seconds. */
const LEASE_SECONDS = 10;
/** So many leases make a minute's tokens; a limit below that is an exact one. */
const LEASES_PER_MINUTE = 60;

interface Lease {
  left: number;
  /** Microseconds. */
  until: number;
  fullAt: number;
}

/**
 * A limit for what is asked often: an instance takes several tokens at once and hands them out for
 * LEASE_SECONDS, so that most requests cost no call. What refills while a lease lives is kept back from the
 * bucket: so no more are let in over all instances than an exact limit would let in.
 */
export function createLeasedLimit(options: RateLimitOptions): RateLimit {
  const takeTokens = createTaker(options);
  const leases = new Map<string, Lease>();

  /** The caller's own token is not among those left. */
  async function lease(clientId: string, perMinute: number, now: number): Promise<Lease | Taken> {
    const bucket = createBucket(perMinute, capacityFor(perMinute));
    const tokens = tokensFor(perMinute);
    const until = now + LEASE_SECONDS * 1_000_000;
    const many = await takeTokens(clientId, bucket, tokens, now);
    if (!many.admitted && tokens === 1) return many;
    const one = many.admitted ? undefined : await takeTokens(clientId, bucket, 1, now);
    if (one && !one.admitted) return one;
    const { fullAt } = one ?? many;
    const taken = { left: one ? 0 : tokens - 1, until, fullAt };
    if (taken.left > 0) remember(leases, clientId, taken);
    return taken;
  }

  function takeLeased(clientId: string, now: number): Lease | undefined {
    const held = leases.get(clientId);
    if (!held || held.left === 0 || now >= held.until) return undefined;
    held.left -= 1;
    return held;
  }

  return limitBy(options, async (clientId, perMinute) => {
    const now = options.now() * 1000;
    const taken = takeLeased(clientId, now) ?? (await lease(clientId, perMinute, now));
    const bucket = createBucket(perMinute, capacityFor(perMinute));
    const { remaining, nextSeconds } = countTokens(bucket, taken.fullAt, options.now() * 1000);
    const left = 'left' in taken ? taken.left : 0;
    const count = { remaining: remaining + left, nextSeconds };
    return describeAllowance(options.policy, perMinute, 'left' in taken, count);
  });
}

function tokensFor(perMinute: number): number {
  return Math.max(1, Math.floor(perMinute / LEASES_PER_MINUTE));
}

function capacityFor(perMinute: number): number {
  if (tokensFor(perMinute) === 1) return perMinute;
  return perMinute - Math.ceil((perMinute * LEASE_SECONDS) / WINDOW_SECONDS);
}

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
