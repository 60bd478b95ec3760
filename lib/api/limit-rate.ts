import { ServiceError } from '../errors.ts';
import type { Allowance, RateLimit } from '../rates/rate-limit.ts';
import { WINDOW_SECONDS } from '../rates/token-bucket.ts';
import type { Middleware } from './route-event.ts';

/** Lets a known client's request in, or refuses it; either way the answer says how many more may come. */
export function limitRate(limit: RateLimit): Middleware {
  return {
    before: async ({ event }) => {
      if (!event.caller) return;
      const allowance = await limit.take(event.caller);
      if (!allowance) return;
      event.answerHeaders = { ...event.answerHeaders, ...describeHeaders(allowance) };
      if (allowance.admitted) return;
      const { policy, perMinute, nextSeconds } = allowance;
      const message = `At most ${perMinute} ${policy} a minute; the next in ${nextSeconds} s.`;
      throw new ServiceError('rate_limited', message, { retryAfterSeconds: nextSeconds });
    },
  };
}

/** By draft-ietf-httpapi-ratelimit-headers-11 (May 2026): structured fields, one policy each. */
function describeHeaders({ policy, perMinute, remaining, nextSeconds }: Allowance) {
  const reset = nextSeconds > 0 ? `;t=${nextSeconds}` : '';
  return {
    'ratelimit-policy': `"${policy}";q=${perMinute};w=${WINDOW_SECONDS}`,
    ratelimit: `"${policy}";r=${remaining}${reset}`,
  };
}
