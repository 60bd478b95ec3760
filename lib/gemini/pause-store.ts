import * as z from 'zod/mini';
import type { Table } from '../aws/table.ts';

/** Times in epoch milliseconds. */
const pause = z.object({
  until: z.number(),
  code: z.enum(['model_unavailable', 'model_rate_limited']),
  remedy: z.enum(['retry', 'next_model']),
  returnAt: z.number(),
});

/** How long an item stays after its pause, in seconds: the table's own clean-up is in no hurry. */
const KEPT_SECONDS = 3_600;

/** The models that instances have told each other to leave alone. */
export function createModelPauses(table: Table, TableName: string) {
  const pkOf = (model: string) => `model-pause#${model}`;
  return {
    async read(model: string): Promise<z.infer<typeof pause> | undefined> {
      const { Item } = await table.get({ TableName, Key: { pk: pkOf(model) } });
      return pause.safeParse(Item).data;
    },
    async write(model: string, given: z.infer<typeof pause>): Promise<void> {
      const expiresAt = Math.ceil(given.until / 1_000) + KEPT_SECONDS;
      const Item = { ...given, pk: pkOf(model), expiresAt };
      await table.put({ TableName, Item });
    },
  };
}
