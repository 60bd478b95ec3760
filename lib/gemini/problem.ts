import * as z from 'zod/mini';
import type { ServiceError } from '../errors.ts';
import { createFault } from './errors.ts';
import {
  DAILY_QUOTA_PAUSE_SECONDS,
  GONE_PAUSE_SECONDS,
  MAX_DELAY_SECONDS,
  MAX_QUOTED_LENGTH,
} from './limits.ts';
import type { OptionalField } from './request.ts';

const SECONDS_PER_DAY = 86_400;

/**
 * Seconds until a daily quota is new: at midnight, Pacific time (ai.google.dev/gemini-api/docs/rate-limits).
 * RetryInfo is no help there: it names seconds. `now` in epoch milliseconds.
 */
export function secondsToQuotaReset(now: number): number {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'America/Los_Angeles',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const [hours = 0, minutes = 0, seconds = 0] = clock.format(now).split(':').map(Number);
  return SECONDS_PER_DAY - (hours * 3_600 + minutes * 60 + seconds);
}

const detail = z.catch(z.looseObject({ '@type': z.string() }), { '@type': '' });
/** google.rpc.Status as the API answers it; a 502 may be HTML instead. */
const problemSchema = z.object({
  error: z.object({
    code: z.catch(z.optional(z.int()), undefined),
    status: z.catch(z.string(), ''),
    message: z.catch(z.string(), ''),
    details: z.catch(z.array(detail), []),
  }),
});
const errorInfo = z.object({ reason: z.string() });
const retryInfo = z.object({ retryDelay: z.string() });
const violation = z.catch(z.object({ quotaId: z.string() }), { quotaId: '' });
const quotaFailure = z.object({ violations: z.array(violation) });
const fieldViolation = z.catch(z.object({ description: z.string() }), { description: '' });
const badRequest = z.object({ fieldViolations: z.array(fieldViolation) });

type Problem = z.infer<typeof problemSchema>['error'];

/** The status of an error that was answered as if it were none; undefined for every other body. */
export function findStatus(body: string): number | undefined {
  const { code = 0 } = BEGINS_AS_PROBLEM.test(body) ? parseProblem(body) : {};
  return code >= 400 && code < 600 ? code : undefined;
}

/** No answer of a model does: none is parsed twice. */
const BEGINS_AS_PROBLEM = /^[\s[]*\{\s*"error"/;

/** An answer that is not 200, as an error with its remedy. `key` is only there to be kept out of it. */
export function readProblem(status: number, body: string, key: string): ServiceError {
  const problem = parseProblem(body);
  const reason = `Gemini answered ${status} ${problem.status}: ${redact(problem.message, key)}`;
  const retryAfterSeconds = readDelay(problem);
  const delay = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };

  if (status === 401 || status === 403 || (status === 400 && isAboutKey(problem))) {
    return createFault('model_auth_failed', { remedy: 'new_key', reason });
  }
  // A model that is gone: another one may not be. Where all are, an operator can still name new ones
  // while the work waits, so it counts as unavailable.
  if (status === 404) {
    const pauseSeconds = GONE_PAUSE_SECONDS;
    return createFault('model_unavailable', { remedy: 'next_model', reason, pauseSeconds });
  }
  if (status === 429 && isDailyQuota(problem)) {
    const untilReset = secondsToQuotaReset(Date.now());
    const pauseSeconds = Math.min(untilReset, DAILY_QUOTA_PAUSE_SECONDS);
    const wait = { retryAfterSeconds: untilReset, pauseSeconds };
    return createFault('model_rate_limited', { remedy: 'next_model', reason, ...wait });
  }
  if (status === 429) {
    return createFault('model_rate_limited', { remedy: 'retry', reason, ...delay });
  }
  if (status === 408 || status >= 500) {
    return createFault('model_unavailable', { remedy: 'retry', reason, ...delay });
  }
  const refusedField = status === 400 ? findRefusedField(problem) : undefined;
  return createFault('model_request_refused', { remedy: 'stop', reason, refusedField });
}

function parseProblem(body: string): Problem {
  try {
    const parsed: unknown = JSON.parse(body);
    // Vertex AI, and streams, put it into a list.
    return problemSchema.parse(Array.isArray(parsed) ? parsed[0] : parsed).error;
  } catch {
    return { status: '', message: '', details: [] };
  }
}

/** A bad key is a 400, told from other ones by ErrorInfo's reason: API_KEY_INVALID and its like. */
function isAboutKey(problem: Problem): boolean {
  return findDetail(problem, 'ErrorInfo', errorInfo)?.reason.startsWith('API_KEY_') === true;
}

function isDailyQuota(problem: Problem): boolean {
  const failures = listDetails(problem, 'QuotaFailure', quotaFailure);
  return failures
    .flatMap(({ violations }) => violations)
    .some(({ quotaId }) => quotaId.includes('PerDay'));
}

/**
 * `Invalid JSON payload received. Unknown name "store": Cannot find field.` is what Vertex AI says, `Thinking
 * level MINIMAL is not supported for this model.` what a model does.
 */
function findRefusedField(problem: Problem): OptionalField | undefined {
  const violations = listDetails(problem, 'BadRequest', badRequest).flatMap(
    ({ fieldViolations }) => fieldViolations,
  );
  const words = [problem.message, ...violations.map(({ description }) => description)].join(' ');
  if (/["'`]store["'`]/.test(words)) return 'store';
  return /thinking[_ ]?(level|config)/i.test(words) ? 'thinkingConfig' : undefined;
}

/** RetryInfo's delay in seconds: a protobuf Duration, `"53s"` or `"1.5s"`. */
function readDelay(problem: Problem): number | undefined {
  const delay = findDetail(problem, 'RetryInfo', retryInfo)?.retryDelay;
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_DELAY_SECONDS);
}

function findDetail<T>(problem: Problem, type: string, schema: z.ZodMiniType<T>): T | undefined {
  return listDetails(problem, type, schema)[0];
}

function listDetails<T>({ details }: Problem, type: string, schema: z.ZodMiniType<T>): T[] {
  const named = details.filter(({ '@type': name }) => name.endsWith(`google.rpc.${type}`));
  return named.flatMap((detail) => schema.safeParse(detail).data ?? []);
}

/** Google quotes in its messages what it was sent: keys of suspended consumers, base64 that is not. */
function redact(message: string, key: string): string {
  const words = message.replaceAll(key, '[key]').replaceAll(/\S{40,}/g, '[…]');
  return words.slice(0, MAX_QUOTED_LENGTH);
}
