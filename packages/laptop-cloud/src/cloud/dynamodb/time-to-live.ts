import { z } from 'zod';
import { itemSchema, type Store } from './dynalite.ts';
import { runOperation } from './run-operation.ts';
import { findTable } from './store.ts';

// AWS takes an older end for a mistake and keeps the item.
const OLDEST_END_SECONDS = 5 * 365 * 24 * 3600;

const pageSchema = z.object({
  Items: z.array(itemSchema),
  LastEvaluatedKey: z.unknown().optional(),
});

/** Deletes the table's items whose end, in seconds since 1970, is past. Returns how many were tried. */
export async function sweepTable(
  store: Store,
  name: string,
  attribute: string,
  nowSeconds: number,
): Promise<number> {
  const keys = (await findTable(store, name))?.KeySchema.map((key) => key.AttributeName) ?? [];
  const due = {
    TableName: name,
    ExpressionAttributeNames: { '#end': attribute },
    ExpressionAttributeValues: {
      ':now': { N: String(nowSeconds) },
      ':oldest': { N: String(nowSeconds - OLDEST_END_SECONDS) },
    },
  };
  const condition = '#end < :now AND #end > :oldest';
  let tried = 0;
  let start: unknown;
  do {
    const page = pageSchema.parse(
      await run(store, 'Scan', {
        ...due,
        FilterExpression: condition,
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    );
    for (const item of page.Items) {
      const Key = Object.fromEntries(keys.map((key) => [key, item[key]]));
      // Again under the condition: the item may have been renewed since the scan.
      await run(store, 'DeleteItem', { ...due, Key, ConditionExpression: condition });
      tried += 1;
    }
    start = page.LastEvaluatedKey;
  } while (start);
  return tried;
}

async function run(store: Store, operation: string, input: object): Promise<object> {
  return (await runOperation(store, operation, input)).body;
}
