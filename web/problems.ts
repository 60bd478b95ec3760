import { SightlineError } from '@sightline/client';
import { PROBLEMS, UNKNOWN_PROBLEM } from './texts.ts';

/** A refusal of the service (RFC 9457), an analysis' `error`, or one of the page's own. */
export interface PageProblem {
  code?: string | undefined;
  detail?: string | undefined;
  message?: string | undefined;
  retryable?: boolean | undefined;
  retryAfter?: number | undefined;
  requestId?: string | undefined;
  errors?: { path: string; message: string }[] | undefined;
}

/** Words for a problem, with the service's own sentence where it says more. */
export function explainProblem({ code, detail, message, retryAfter, requestId }: PageProblem) {
  const words: Record<string, readonly [string, string]> = PROBLEMS;
  const [what, action] = words[code ?? ''] ?? UNKNOWN_PROBLEM;
  return {
    what,
    action: retryAfter ? `${action} (In ${retryAfter} s.)` : action,
    detail: detail ?? message ?? '',
    code: code ?? 'unknown',
    requestId,
  };
}

/** The problem of any error: the service's, the storage's by its code, else the network's. */
export function problemOf(error: unknown): PageProblem {
  if (error instanceof SightlineError) return { code: 'internal', ...error.problem };
  if (!(error instanceof Error)) return { detail: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'network';
  return { code, detail: error.message };
}
