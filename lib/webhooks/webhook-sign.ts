import { Webhook } from 'standardwebhooks';
import type { WebhookEvent } from './webhook-event.ts';

/** Headers and body, as Standard Webhooks has them (standardwebhooks.com). `now` in epoch milliseconds. */
export function signEvent(
  { id, type, timestamp, analysisId }: WebhookEvent,
  secret: string,
  now: number,
) {
  const status = type.slice('analysis.'.length);
  const body = JSON.stringify({ type, timestamp, data: { id: analysisId, status } });
  const sentAt = new Date(now);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Sightline-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, sentAt, body),
  };
  return { headers, body };
}
