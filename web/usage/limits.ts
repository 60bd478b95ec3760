import type { RateLimitFields } from '../patient-fetch.ts';

/** A limit as it stood when the service last told of it. */
interface Limit {
  name: string;
  /** Calls in a window of so many seconds. */
  most: number;
  windowSeconds: number;
  left: number;
}

/** `"uploads";r=9;t=6` and `"uploads";q=10;w=60`, with what has come back since. */
export function readLimit(name: string, fields: RateLimitFields, now: number): Limit | undefined {
  const most = readNumber(fields.policy, 'q');
  const windowSeconds = readNumber(fields.policy, 'w');
  const left = readNumber(fields.limit, 'r');
  if (most === undefined || !windowSeconds || left === undefined) return undefined;
  const refilled = Math.floor(((now - fields.at) / 1000) * (most / windowSeconds));
  return { name, most, windowSeconds, left: Math.min(most, left + refilled) };
}

function readNumber(fields: string, name: string): number | undefined {
  const found = new RegExp(`;\\s*${name}=(\\d+)`).exec(fields);
  return found ? Number(found[1]) : undefined;
}
