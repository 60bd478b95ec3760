import * as z from 'zod/mini';
import type { Table } from '../aws/table.ts';
import { ServiceError } from '../errors.ts';

/** Changes lost to a quicker one before the caller is told to try again. */
const MAX_CHANGE_TRIES = 5;

const endpoint = z.object({
  id: z.string(),
  url: z.string(),
  createdAt: z.string(),
  /** Since when it is not called any more, because it said so (410): ISO 8601. */
  disabledAt: z.optional(z.string()),
});
export type Endpoint = z.output<typeof endpoint>;

const stored = z.object({ version: z.number(), endpoints: z.array(endpoint) });

/** A client's endpoints, in one item, so that one call reads them all. */
export type Webhooks = ReturnType<typeof createWebhooks>;

export function createWebhooks(table: Table, TableName: string) {
  const keyOf = (clientId: string) => ({ pk: `webhooks#${clientId}` });

  async function load(clientId: string) {
    const get = { TableName, Key: keyOf(clientId), ConsistentRead: true };
    const { Item } = await table.get(get);
    return Item ? stored.parse(Item) : { version: 0, endpoints: [] };
  }

  return {
    async read(clientId: string): Promise<Endpoint[]> {
      return (await load(clientId)).endpoints;
    },

    /** Puts what `decide` makes of them in their place; undefined from it changes nothing. */
    async change(clientId: string, decide: (now: Endpoint[]) => Endpoint[] | undefined) {
      for (let tries = 0; tries < MAX_CHANGE_TRIES; tries += 1) {
        const { version, endpoints } = await load(clientId);
        const changed = decide(endpoints);
        if (!changed) return;
        const Item = { ...keyOf(clientId), version: version + 1, endpoints: changed };
        const guard = version === 0 ? FIRST : againstVersion(version);
        if (await table.putOnce({ TableName, Item, ...guard })) return;
      }
      throw new ServiceError('rate_limited', 'Too many changes at once.', { retryAfterSeconds: 1 });
    },
  };
}

const FIRST = { ConditionExpression: 'attribute_not_exists(pk)' };

function againstVersion(version: number) {
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': version },
  };
}
