import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { type Item, type Table, unlessRefused } from '../aws/table.ts';

/** Lease of a sender, in milliseconds: longer than the function's timeout. */
const DELIVERY_LEASE_MS = 30_000;
/** Equal messages sent within so many milliseconds are copies of one; later ones are sent anew on purpose. */
const COPIES_MS = 60_000;
/** Retention of a delivery's log, in seconds (30 days). */
const DELIVERY_SECONDS = 2_592_000;

const attempt = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** The receiver's status code; `failure` says why there is none. */
  status: z.optional(z.number()),
  failure: z.optional(z.string()),
});
type Attempt = z.output<typeof attempt>;

const webhook = z.object({
  type: z.string(),
  timestamp: z.string(),
  analysisId: z.string(),
  url: z.string(),
});
type Webhook = z.output<typeof webhook>;

const delivery = z.object({
  /** The event's. */
  id: z.string(),
  status: z.enum(['waiting', 'delivered', 'failed']),
  updatedAt: z.string(),
  webhook,
  attempts: z.array(attempt),
  /** The worker that calls the receiver, and the end of its lease in epoch milliseconds. */
  leaseToken: z.optional(z.string()),
  leaseUntil: z.optional(z.number()),
});
export type Delivery = z.output<typeof delivery>;

/** One message of the queue: it may hold the same one twice, for the answer to a sending may be lost. */
export interface Copy {
  id: string;
  /** Epoch milliseconds. */
  sentAt: number;
}

/** What a delivery is begun for. */
interface Beginning {
  webhook: Webhook;
  /** The client's wish to send it again. */
  replayId?: string | undefined;
  copy?: Copy | undefined;
  /** Epoch milliseconds. */
  now: number;
}

/** The event and where it went: one item for each event and endpoint. */
interface DeliveryName {
  clientId: string;
  endpointId: string;
  id: string;
}

/** The log of deliveries, in the index of keys under a name that no client can have. */
export type Deliveries = ReturnType<typeof createDeliveries>;

export function createDeliveries(table: Table, TableName: string) {
  const keyOf = ({ clientId, endpointId, id }: DeliveryName) => ({
    pk: `delivery#${JSON.stringify([clientId, endpointId, id])}`,
  });

  return {
    async read(name: DeliveryName): Promise<Delivery | undefined> {
      const get = { TableName, Key: keyOf(name), ConsistentRead: true };
      const { Item } = await table.get(get);
      return Item && delivery.parse(Item);
    },

    /**
     * Takes the delivery for one call of the receiver. `ended`: there is nothing more to send, or another copy
     * of the message does it; `busySeconds`: another message of the same event is at it. A replay is sent once
     * more, whatever became of the event.
     */
    async begin(
      name: DeliveryName,
      { webhook, replayId, copy, now }: Beginning,
    ): Promise<{ leaseToken: string } | { ended: true } | { busySeconds: number }> {
      const leaseToken = randomUUID();
      const leaseUntil = now + DELIVERY_LEASE_MS;
      const fields = { ...describeFields(name, webhook, now), leaseToken, leaseUntil };
      const { id, sentAt } = copy ?? { id: '', sentAt: now };
      const change = describeSet(
        { ...fields, status: 'waiting' },
        '#attempts = if_not_exists(#attempts, :none), #copy = :copy',
        { ':none': [], ':copy': { id, sentAt } },
      );
      const isOwn = 'attribute_not_exists(#copy) OR #copy.#id = :copyId OR #copy.#sentAt < :long';
      const isNew = replayId ? ' OR attribute_not_exists(#copy)' : '';
      const update = {
        TableName,
        Key: keyOf(name),
        UpdateExpression: change.UpdateExpression,
        ConditionExpression: `attribute_not_exists(pk) OR ((${isOwn})
          AND (#status <> :delivered${isNew})
          AND (attribute_not_exists(#leaseUntil) OR #leaseUntil <= :now))`,
        ExpressionAttributeNames: {
          ...change.ExpressionAttributeNames,
          '#copy': nameCopy(replayId),
          '#sentAt': 'sentAt',
        },
        ExpressionAttributeValues: {
          ...change.ExpressionAttributeValues,
          ':copyId': id,
          ':long': sentAt - COPIES_MS,
          ':delivered': 'delivered',
          ':now': now,
        },
      };
      let found: Item | undefined;
      const isBegun = await table.updateOnce(update, (item) => {
        found = item;
        return found?.leaseToken === leaseToken;
      });
      if (isBegun) return { leaseToken };
      const other = storedCopy.safeParse(found?.[nameCopy(replayId)]).data;
      if (other && other.id !== id && other.sentAt >= sentAt - COPIES_MS) return { ended: true };
      const left = Number(found?.leaseUntil ?? 0) - now;
      return left > 0 ? { busySeconds: Math.ceil(left / 1000) } : { ended: true };
    },

    /** Notes what came of the call, and lets go of the delivery. */
    async note(
      name: DeliveryName,
      { status, leaseToken }: { status: Delivery['status']; leaseToken: string },
      tried: Attempt,
    ): Promise<void> {
      const update = {
        TableName,
        Key: keyOf(name),
        ...describeSet(
          { status, updatedAt: tried.at },
          '#attempts = list_append(#attempts, :tried) REMOVE leaseToken, leaseUntil',
          { ':tried': [tried], ':token': leaseToken },
        ),
        ConditionExpression: 'leaseToken = :token',
      };
      await unlessRefused(table.update(update)); // refused: noted before, or deleted meanwhile
    },

    /** Forgets what became of an event. */
    async remove(name: DeliveryName): Promise<void> {
      await table.delete({ TableName, Key: keyOf(name) });
    },

    /** The newest first. */
    async list(endpoint: Omit<DeliveryName, 'id'>, limit: number): Promise<Delivery[]> {
      const { Items = [] } = await table.query({
        TableName,
        IndexName: 'byKey',
        KeyConditionExpression: 'clientKey = :key',
        ExpressionAttributeValues: { ':key': indexKey(endpoint) },
        ScanIndexForward: false,
        Limit: limit,
      });
      return Items.map((item) => delivery.parse(item));
    },
  };
}

const storedCopy = z.object({ id: z.string(), sentAt: z.number() });

/** The attribute that says which copy is sent: of the event itself, or of a replay. */
function nameCopy(replayId = 'end'): string {
  return `copy#${replayId}`;
}

function describeFields(name: DeliveryName, sent: Webhook, now: number) {
  return {
    id: name.id,
    clientKey: indexKey(name),
    webhook: sent,
    updatedAt: new Date(now).toISOString(),
    expiresAt: Math.floor(now / 1000) + DELIVERY_SECONDS,
  };
}

/** Sets the fields, and the attempts by an expression of its own with `values`. */
function describeSet(fields: Item, attempts: string, values: Item) {
  const names = Object.keys(fields);
  return {
    UpdateExpression: `SET ${names.map((each) => `#${each} = :${each}`)}, ${attempts}`,
    ExpressionAttributeNames: {
      ...Object.fromEntries(names.map((each) => [`#${each}`, each])),
      '#attempts': 'attempts',
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(fields).map(([each, value]) => [`:${each}`, value])),
      ...values,
    },
  };
}

/** Begins with what would be the id of a client: none is empty. */
function indexKey({ clientId, endpointId }: Omit<DeliveryName, 'id'>): string {
  return `#deliveries#${JSON.stringify([clientId, endpointId])}`;
}
