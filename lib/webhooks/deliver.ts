import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Webhook } from 'standardwebhooks';
import type { Analyses } from '../analysis/record-store.ts';
import { persist } from '../aws/wire/client.ts';
import { beginInvocation, logger } from '../log.ts';
import { withDeadline } from '../retry.ts';
import type { Copy, Deliveries } from './delivery-store.ts';
import type { Webhooks } from './endpoint-store.ts';
import {
  deriveWebhookSecret,
  type WebhookEvent,
  type WebhookMessage,
  webhookMessage,
} from './webhook-event.ts';
import type { CallResult, CallWebhook } from './webhook-target.ts';

/** Headers and body, as Standard Webhooks has them (standardwebhooks.com). `now` in epoch milliseconds. */
function signEvent({ id, type, timestamp, analysisId }: WebhookEvent, secret: string, now: number) {
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

/** Pauses between the tries, in seconds: a day in all. Each is drawn from its upper fifth. */
const PAUSES_SECONDS = [5, 30, 300, 1_800, 7_200, 18_000, 28_800, 28_800];
const JITTER = 0.2;
/** A receiver that has gone for good. */
const GONE = 410;

export interface DeliverDeps {
  analyses: Pick<Analyses, 'read'>;
  webhooks: Pick<Webhooks, 'read' | 'change'>;
  deliveries: Pick<Deliveries, 'begin' | 'note'>;
  call: CallWebhook;
  readSecret(): Promise<string>;
  now(): number;
  random?: () => number;
}

/** Sends an event to its target for the nth time (from 1). The seconds until the next try; undefined where there is none. */
export async function deliverEvent(
  deps: DeliverDeps,
  message: WebhookMessage,
  attempt: number,
  copy?: Copy,
): Promise<number | undefined> {
  const { clientId, endpointId, event } = message;
  const name = { clientId, endpointId, id: event.id };
  if (await isDeleted(deps, message)) return undefined;
  const url = message.url ?? (await findUrl(deps, message));
  if (!url) return undefined;
  const { id, ...webhook } = { ...event, url };
  const at = deps.now();
  const begun = await deps.deliveries.begin(name, {
    webhook,
    replayId: message.replayId,
    copy,
    now: at,
  });
  if ('busySeconds' in begun) return begun.busySeconds;
  if ('ended' in begun) return undefined;
  const { leaseToken } = begun;
  const secret = deriveWebhookSecret(await deps.readSecret(), clientId, endpointId);
  const result = await deps.call({ url, ...signEvent(event, secret, at) });
  if (isGone(result)) await disable(deps, message, at);
  const pause = isRetried(result) ? PAUSES_SECONDS[attempt - 1] : undefined;
  const status = isDelivered(result) ? 'delivered' : pause === undefined ? 'failed' : 'waiting';
  const tried = { at: new Date(at).toISOString(), ...result };
  await persist(() => deps.deliveries.note(name, { status, leaseToken }, tried));
  logger.info('webhook', {
    clientId,
    endpointId,
    eventId: id,
    attempt,
    outcome: status,
    ...result,
  });
  return pause && pause * (1 - JITTER * (deps.random ?? Math.random)());
}

/** Deleted analyses are not delivered, and their logs not written again. */
async function isDeleted({ analyses }: DeliverDeps, { event }: WebhookMessage) {
  return (await analyses.read(event.analysisId))?.status === 'deleted';
}

/** Undefined for an endpoint that was removed, or does not want to be told any more. */
async function findUrl({ webhooks }: DeliverDeps, { clientId, endpointId }: WebhookMessage) {
  const endpoints = await webhooks.read(clientId);
  const found = endpoints.find(({ id }) => id === endpointId);
  return found?.disabledAt ? undefined : found?.url;
}

async function disable({ webhooks }: DeliverDeps, message: WebhookMessage, at: number) {
  const disabledAt = new Date(at).toISOString();
  await webhooks.change(message.clientId, (endpoints) =>
    endpoints.map((each) => (each.id === message.endpointId ? { ...each, disabledAt } : each)),
  );
}

function isDelivered(result: CallResult): boolean {
  return 'status' in result && result.status >= 200 && result.status < 300;
}

function isGone(result: CallResult): boolean {
  return 'status' in result && result.status === GONE;
}

/** Whatever it was, it may be mended within a day; but for a target that is gone. */
function isRetried(result: CallResult): boolean {
  return !isDelivered(result) && !isGone(result);
}

/** The longest that a message nobody could handle is hidden, in seconds. */
const MAX_FAILURE_DELAY_SECONDS = 60;

export interface DeliverMessagesDeps extends DeliverDeps {
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}

/** Handles messages of the webhooks' queue, and names those that have to come again. */
export async function deliverMessages(
  deps: DeliverMessagesDeps,
  { Records }: SQSEvent,
  context: Context,
): Promise<SQSBatchResponse> {
  beginInvocation(context);
  const deadline = Date.now() + context.getRemainingTimeInMillis();
  return withDeadline(deadline, () => deliverRecords(deps, Records));
}

async function deliverRecords(
  deps: DeliverMessagesDeps,
  Records: SQSRecord[],
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of Records) {
    const seconds = await deliverRecord(deps, record);
    if (seconds === undefined) continue;
    batchItemFailures.push({ itemIdentifier: record.messageId });
    await deps.changeVisibility(record.receiptHandle, seconds).catch(reportShown);
  }
  return { batchItemFailures };
}

/** The seconds after which the message has to come again; undefined where it is done with. */
async function deliverRecord(deps: DeliverDeps, record: SQSRecord): Promise<number | undefined> {
  const receives = Number(record.attributes.ApproximateReceiveCount);
  try {
    const message = webhookMessage.parse(JSON.parse(record.body));
    const copy = { id: record.messageId, sentAt: Number(record.attributes.SentTimestamp) };
    return await deliverEvent(deps, message, receives, copy);
  } catch (error) {
    const cause = error instanceof Error ? error.stack : undefined;
    logger.error('webhook not handled', { messageId: record.messageId, receives, cause });
    return MAX_FAILURE_DELAY_SECONDS;
  }
}

/** It comes back by the queue's own time-out: a delay, no failure. */
function reportShown(error: unknown): void {
  logger.warn('message not hidden', { cause: error instanceof Error ? error.name : undefined });
}
