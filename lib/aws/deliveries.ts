import * as z from 'zod/mini';
import type { Table } from './table.ts';

/** How long the log of a delivery is kept, in seconds (30 days). */
const DELIVERY_SECONDS = 2_592_000;

const attempt = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** What the receiver answered; else why there was no answer. */
  status: z.optional(z.number()),
  failure: z.optional(z.string()),
});
export type Attempt = z.output<typeof attempt>;

const delivery = z.object({
  /** The event's. */
  id: z.string(),
  status: z.enum(['waiting', 'delivered', 'failed']),
  updatedAt: z.string(),
  webhook: z.object({
    type: z.string(),
    timestamp: z.string(),
    analysisId: z.string(),
    url: z.string(),
  }),
  attempts: z.array(attempt),
});
export type Delivery = z.output<typeof delivery>;

/** The event and where it went: one item for each event and endpoint. */
export interface DeliveryName {
  clientId: string;
  endpointId: string;
  id: string;
}

/** What became of deliveries. They lie in the index of keys, beneath a name that no client has. */
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

    async note(
      name: DeliveryName,
      { status, webhook }: Pick<Delivery, 'status' | 'webhook'>,
      tried: Attempt,
    ): Promise<void> {
      const fields = {
        status,
        webhook,
        updatedAt: tried.at,
        id: name.id,
        clientKey: indexKey(name),
        expiresAt: Math.floor(Date.parse(tried.at) / 1000) + DELIVERY_SECONDS,
      };
      const names = Object.keys(fields);
      await table.update({
        TableName,
        Key: keyOf(name),
        UpdateExpression: `SET ${names.map((each) => `#${each} = :${each}`)}, #attempts = list_append(if_not_exists(#attempts, :none), :tried)`,
        ExpressionAttributeNames: {
          ...Object.fromEntries(names.map((each) => [`#${each}`, each])),
          '#attempts': 'attempts',
        },
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(fields).map(([each, value]) => [`:${each}`, value])),
          ':none': [],
          ':tried': [tried],
        },
      });
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

/** Begins with what would be the id of a client: none is empty. */
function indexKey({ clientId, endpointId }: Omit<DeliveryName, 'id'>): string {
  return `#deliveries#${JSON.stringify([clientId, endpointId])}`;
}
