import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { type AnalysisRecord, ENDED, type EndStatus } from '../analysis.ts';
import { eventIdFor } from '../analysis-id.ts';

/** What a receiver is told: that something has ended. The rest it asks for, with its key. */
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
export function deriveWebhookSecret(doorSecret: string, clientId: string, endpointId: string) {
  const name = `webhook:${JSON.stringify([clientId, endpointId])}`;
  return `whsec_${createHmac('sha256', doorSecret).update(name).digest('base64')}`;
}
