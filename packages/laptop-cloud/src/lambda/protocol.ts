import { z } from 'zod';

/** Sent by the host to a function's process, over the IPC channel. */
export interface InvokeMessage {
  requestId: string;
  functionArn: string;
  /** JSON. */
  event: string;
  /** Milliseconds since 1970. */
  deadline: number;
}

const functionError = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).optional(),
});

export const runtimeMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('initError'), error: functionError }),
  z.object({ type: z.literal('result'), requestId: z.string(), payload: z.string() }),
  z.object({ type: z.literal('error'), requestId: z.string(), error: functionError }),
]);

export type RuntimeMessage = z.infer<typeof runtimeMessage>;
export type FunctionError = z.infer<typeof functionError>;

/** `stopped` is not the function's fault: the host is closing, or the caller gave up waiting. */
type FailureReason = 'init' | 'error' | 'timeout' | 'memory' | 'exit' | 'size' | 'stopped';

export type InvocationResult =
  | { ok: true; payload: string }
  | { ok: false; reason: FailureReason; error: FunctionError };

export function fail(reason: FailureReason, errorType: string, errorMessage: string) {
  return { ok: false, reason, error: { errorType, errorMessage } } satisfies InvocationResult;
}
