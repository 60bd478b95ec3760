import * as z from 'zod/mini';
import { webhookEvent } from './webhook-event.ts';

/** The endpoint that stands for the `callbackUrl`s of a client's uploads. */
export const CALLBACK = 'callback';

/** One event for one target, on its way through the queue. */
export const webhookMessage = z.object({
  clientId: z.string(),
  endpointId: z.string(),
  /** Of a callback only: an endpoint's own is looked up when it is called. */
  url: z.optional(z.string()),
  event: webhookEvent,
  /** Asked for again by the client: sent also where it has arrived, once for each wish. */
  replayId: z.optional(z.string()),
});
export type WebhookMessage = z.output<typeof webhookMessage>;
