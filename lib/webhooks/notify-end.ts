import type { AnalysisRecord, EndStatus } from '../analysis/record.ts';
import type { Sender } from '../aws/queue.ts';
import { logger } from '../log.ts';
import type { Webhooks } from './endpoint-store.ts';
import { CALLBACK, describeEnd, type WebhookMessage } from './webhook-event.ts';

export interface NotifyDeps {
  webhooks: Pick<Webhooks, 'read'>;
  /** The sender of the webhook queue. */
  notices: Sender;
}

type Ended = Pick<AnalysisRecord, 'id' | 'clientId' | 'callbackUrl'>;

/**
 * Queues a notification of an ended analysis for each target. It may be called
 * again: a delivered event is not sent twice. Throws if the queue fails.
 */
export async function notifyEnd(
  { webhooks, notices }: NotifyDeps,
  { id, clientId, callbackUrl }: Ended,
  status: EndStatus,
  endedAt: number,
): Promise<void> {
  const event = describeEnd({ id }, status, endedAt);
  const endpoints = await webhooks.read(clientId);
  const messages: WebhookMessage[] = endpoints
    .filter(({ disabledAt }) => !disabledAt)
    .map((endpoint) => ({ clientId, endpointId: endpoint.id, event }));
  if (callbackUrl) messages.push({ clientId, endpointId: CALLBACK, url: callbackUrl, event });
  if (messages.length === 0) return;
  await notices.send(
    clientId,
    messages.map((message) => JSON.stringify(message)),
  );
  logger.info('told', { analysisId: id, targets: messages.length });
}
