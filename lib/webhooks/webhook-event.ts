import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { eventIdFor } from '../analysis/ids.ts';
import { type AnalysisRecord, ENDED, type EndStatus } from '../analysis/record.ts';

/** The event sent to a receiver: an analysis ended. The receiver looks up the rest with its key. */
export const webhookEvent = z.object({
  /** The same for every delivery of an event, so that a receiver can tell the second from the first. */
  id: z.string(),
  type: z.templateLiteral(['analysis.', z.enum(ENDED)]),
  /** When it happened: ISO 8601. */
  timestamp: z.string(),
  analysisId: z.string(),
});
export type WebhookEvent = z.output<typeof webhookEvent>;

export function describeEnd({ id }: Pick<AnalysisRecord, 'id'>, status: EndStatus, now: number) {
  const timestamp = new Date(now).toISOString();
  const event: WebhookEvent = {
    id: eventIdFor(id),
    type: `analysis.${status}`,
    timestamp,
    analysisId: id,
  };
  return event;
}

/** The secret of one endpoint: made from the stage's own, so that the table holds nothing to sign with. */
export function deriveWebhookSecret(stageSecret: string, clientId: string, endpointId: string) {
  const name = `webhook:${JSON.stringify([clientId, endpointId])}`;
  return `whsec_${createHmac('sha256', stageSecret).update(name).digest('base64')}`;
}

/** The endpoint that stands for the `callbackUrl`s of a client's uploads. */
export const CALLBACK = 'callback';

/** One event for one target, on its way through the queue. */
export const webhookMessage = z.object({
  clientId: z.string(),
  endpointId: z.string(),
  /** Set for callbacks only: an endpoint's address is looked up on delivery. */
  url: z.optional(z.string()),
  event: webhookEvent,
  /** Asked for again by the client: sent also where it has arrived, once for each wish. */
  replayId: z.optional(z.string()),
});
export type WebhookMessage = z.output<typeof webhookMessage>;
