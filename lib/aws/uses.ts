import { randomUUID } from 'node:crypto';
import type { Table } from './table.ts';

/** What may be used so many times and no more, over all instances: a token, a signature. */
export type Uses = ReturnType<typeof createUses>;

export interface Use {
  /** What is used: `token#…`, `signature#…`. */
  id: string;
  max: number;
  /** Epoch seconds, by when nothing else lets the thing itself through any more. */
  expiresAt: number;
}

export function createUses(table: Table, TableName: string) {
  return {
    /** Counts one use; false where there were as many as there may be. */
    async count({ id, max, expiresAt }: Use): Promise<boolean> {
      const mark = randomUUID();
      const update = {
        TableName,
        Key: { pk: `used#${id}` },
        UpdateExpression: 'ADD uses :one SET expiresAt = :expiresAt, lastUse = :mark',
        ConditionExpression: 'attribute_not_exists(uses) OR (uses < :max AND lastUse <> :mark)',
        ExpressionAttributeValues: {
          ':one': 1,
          ':max': max,
          ':expiresAt': expiresAt,
          ':mark': mark,
        },
      };
      return table.updateOnce(update, (item) => item?.lastUse === mark);
    },
  };
}
