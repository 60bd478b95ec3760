import type { ErrorCode } from '../../lib/errors.ts';
import type { Fault } from '../../local/gemini/server.ts';

/** Everything that the model's stand-in can do in place of answering well. */
export const MODEL_FAULTS: Fault[] = [
  { kind: 'status', status: 408 },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 429, retryDelaySeconds: 1 },
  { kind: 'status', status: 429, retryDelaySeconds: 53 },
  { kind: 'status', status: 429, quotaId: 'RequestsPerDay' },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 503, retryDelaySeconds: 7 },
  { kind: 'html' },
  { kind: 'reset' },
  { kind: 'reset', when: 'after-headers' },
  { kind: 'half-body' },
  { kind: 'hang' },
  { kind: 'huge' },
  { kind: 'no-candidates' },
  { kind: 'blocked' },
  { kind: 'finish', finishReason: 'MAX_TOKENS' },
  { kind: 'cut' },
  { kind: 'broken-json' },
  { kind: 'wrong-schema' },
  { kind: 'extra-keys' },
  { kind: 'thinking-only' },
];
/** What comes of uploads that meet them. */
export const ENDS: (ErrorCode | 'succeeded')[] = [
  'succeeded',
  'content_blocked',
  'model_output_invalid',
  'model_unavailable',
  'model_rate_limited',
];

/** Those after which nobody has to wait. */
export const QUICK_MODEL_FAULTS: Fault[] = MODEL_FAULTS.filter(
  (fault) =>
    fault.kind !== 'hang' &&
    !('retryDelaySeconds' in fault && (fault.retryDelaySeconds ?? 0) > 1) &&
    !('quotaId' in fault) &&
    !(fault.kind === 'status' && fault.status === 404), // a model that is gone is left alone for minutes
);
