import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { MAX_TARGET_CHARACTERS } from '../analysis/fields.ts';
import type { Origin } from '../api/idempotency.ts';
import type { Sender } from '../aws/queue.ts';
import { ServiceError } from '../errors.ts';
import type { Deliveries, Delivery } from './delivery-store.ts';
import type { Endpoint, Webhooks } from './endpoint-store.ts';
import {
  CALLBACK,
  deriveWebhookSecret,
  type WebhookMessage,
  webhookEvent,
} from './webhook-event.ts';
import { parseTarget, type Reach } from './webhook-target.ts';

/** Endpoints of one client: each is a message more for every analysis. */
const MAX_ENDPOINTS = 5;
/** Deliveries that one list shows. */
const MAX_LISTED = 100;

export const webhookRequest = z.strictObject({
  url: z.string().check(z.minLength(1), z.maxLength(MAX_TARGET_CHARACTERS)),
});

export interface WebhookDeps {
  webhooks: Pick<Webhooks, 'read' | 'change'>;
  readSecret(): Promise<string>;
  now(): number;
}

/**
 * Adds an endpoint. The answer shows its secret, which is made anew from the stage's own whenever it is needed.
 * @throws ServiceError `request_invalid`
 */
export async function addWebhook(
  deps: WebhookDeps & { reach: Reach },
  clientId: string,
  { url }: z.output<typeof webhookRequest>,
  origin?: Origin,
) {
  const target = parseTarget(url, deps.reach);
  const createdAt = new Date(deps.now()).toISOString();
  const id = `wh_${Buffer.from(origin?.entropy ?? randomBytes(10)).toString('hex')}`;
  const endpoint = { id, url: target.href, createdAt };
  await deps.webhooks.change(clientId, (endpoints) => {
    if (endpoints.some((each) => each.id === id)) return endpoints; // an earlier run of the same request got as far
    if (endpoints.length >= MAX_ENDPOINTS)
      throw new ServiceError('request_invalid', `There may be ${MAX_ENDPOINTS} webhooks.`);
    return [...endpoints, endpoint];
  });
  const secret = deriveWebhookSecret(await deps.readSecret(), clientId, endpoint.id);
  return { ...endpoint, secret };
}

/** Lists the endpoints, with the secret that signs calls to an upload's `callbackUrl`. */
export async function listWebhooks(deps: WebhookDeps, clientId: string) {
  const data = await deps.webhooks.read(clientId);
  const secret = deriveWebhookSecret(await deps.readSecret(), clientId, CALLBACK);
  return { data, callbacks: { secret } };
}

/** @throws ServiceError `not_found` */
export async function removeWebhook(
  { webhooks }: Pick<WebhookDeps, 'webhooks'>,
  clientId: string,
  id: string,
) {
  await webhooks.change(clientId, (endpoints) => {
    findEndpoint(endpoints, id);
    return endpoints.filter((each) => each.id !== id);
  });
  return { id, deleted: true };
}

export interface DeliveryDeps {
  webhooks: Pick<Webhooks, 'read'>;
  deliveries: Pick<Deliveries, 'read' | 'list'>;
}

/** Lists the newest deliveries of an endpoint, or of the callbacks. @throws ServiceError `not_found` */
export async function listDeliveries(deps: DeliveryDeps, clientId: string, endpointId: string) {
  if (endpointId !== CALLBACK) findEndpoint(await deps.webhooks.read(clientId), endpointId);
  const found = await deps.deliveries.list({ clientId, endpointId }, MAX_LISTED);
  return { data: found.map(showDelivery) };
}

/**
 * Sends an event again, whether it was delivered or not.
 * @throws ServiceError `not_found`, and `request_invalid` for an endpoint that is called no more
 */
export async function replayDelivery(
  deps: DeliveryDeps & { notices: Sender },
  clientId: string,
  { endpointId, eventId: id }: { endpointId: string; eventId: string },
  origin?: Origin,
) {
  const isCallback = endpointId === CALLBACK;
  if (!isCallback) checkCalled(findEndpoint(await deps.webhooks.read(clientId), endpointId));
  const found = await deps.deliveries.read({ clientId, endpointId, id });
  if (!found) throw new ServiceError('not_found', 'There is no delivery of this event.');
  const event = webhookEvent.parse({ ...found.webhook, id });
  const url = isCallback ? found.webhook.url : undefined;
  // The same for every run of the same request: it is sent once for all of them.
  const replayId = origin ? Buffer.from(origin.entropy).toString('hex') : randomUUID();
  const message: WebhookMessage = { clientId, endpointId, url, event, replayId };
  await deps.notices.send(clientId, [JSON.stringify(message)]);
  return showDelivery(found);
}

function showDelivery({ id, status, updatedAt, webhook, attempts }: Delivery) {
  return { eventId: id, status, ...webhook, updatedAt, attempts };
}

function checkCalled({ disabledAt }: Endpoint): void {
  if (!disabledAt) return;
  const message = `The webhook is disabled since ${disabledAt}, when it answered 410. Make a new one.`;
  const fields = [{ path: 'path.id', message }];
  throw new ServiceError('request_invalid', message, { fields });
}

function findEndpoint(endpoints: Endpoint[], id: string): Endpoint {
  const found = endpoints.find((each) => each.id === id);
  if (!found) throw new ServiceError('not_found', 'There is no webhook of this id.');
  return found;
}
