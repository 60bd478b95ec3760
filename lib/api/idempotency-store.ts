import * as z from 'zod/mini';
import { accepted, type Table } from '../aws/table.ts';

/** What is known of the requests with an `Idempotency-Key`. A refused condition answers false. */
export type IdempotencyRecords = ReturnType<typeof createIdempotencyRecords>;

const idempotencyRecord = z.object({
  /** Of the request's content. */
  digest: z.string(),
  /** The run that holds it. */
  token: z.string(),
  /** When the work began, whichever run finishes it: what the ids it makes are derived from. Epoch milliseconds. */
  since: z.number(),
  /** Until when a run that says nothing more is taken to be at work, in epoch milliseconds. */
  leaseUntil: z.number(),
  /** The answer, sealed, and until when it may be given again, in epoch milliseconds. */
  answer: z.optional(z.string()),
  keptUntil: z.optional(z.number()),
  /** The table's TTL, epoch seconds. */
  expiresAt: z.number(),
});
export type IdempotencyRecord = z.infer<typeof idempotencyRecord>;

export function createIdempotencyRecords(table: Table, TableName: string) {
  const keyOf = (id: string) => ({ TableName, Key: { pk: `idempotency#${id}` } });

  return {
    /** Takes the key for one run: where there is no record, or in the place of the one that holds `token`. */
    async take(id: string, record: IdempotencyRecord, token?: string): Promise<boolean> {
      const guard =
        token === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : guardBy(token, {});
      const Item = { ...record, ...keyOf(id).Key };
      return accepted(table.put({ TableName, Item, ...guard }));
    },

    async read(id: string): Promise<IdempotencyRecord | undefined> {
      const { Item } = await table.get({ ...keyOf(id), ConsistentRead: true });
      return Item && idempotencyRecord.parse(Item);
    },

    /** Notes the answer, which ends the run. */
    async keep(
      id: string,
      token: string,
      kept: { answer: string; keptUntil: number },
    ): Promise<boolean> {
      const update = {
        UpdateExpression: 'SET answer = :answer, keptUntil = :keptUntil',
        ...guardBy(token, { ':answer': kept.answer, ':keptUntil': kept.keptUntil }),
      };
      return accepted(table.update({ ...keyOf(id), ...update }));
    },

    /** Ends the run without an answer: the next one begins where `since` says. */
    async release(id: string, token: string, since: number): Promise<boolean> {
      const update = {
        UpdateExpression: 'SET leaseUntil = :ended, since = :since',
        ...guardBy(token, { ':ended': 0, ':since': since }),
      };
      return accepted(table.update({ ...keyOf(id), ...update }));
    },
  };
}

function guardBy(token: string, values: Record<string, string | number>) {
  return {
    ConditionExpression: '#token = :token',
    ExpressionAttributeNames: { '#token': 'token' },
    ExpressionAttributeValues: { ':token': token, ...values },
  };
}
