import * as z from 'zod/mini';
import { SCOPES } from './clients.ts';
import type { Table } from './table.ts';

/** Short-lived tokens, known by their hashes; written once, never changed. */
export type Tokens = ReturnType<typeof createTokens>;

const storedToken = z.object({
  clientId: z.string().check(z.minLength(1)),
  /** The hash of the key that it was made with, and ends with. */
  parent: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  maxUses: z.int().check(z.positive()),
  /** Epoch seconds: the table's TTL, which deletes late. */
  expiresAt: z.int(),
});
export type StoredToken = z.output<typeof storedToken>;

export function createTokens(table: Table, TableName: string) {
  return {
    async find(hash: string): Promise<StoredToken | undefined> {
      const Key = { pk: `token#${hash}` };
      const { Item } = await table.get({ TableName, Key, ConsistentRead: true });
      return Item && storedToken.parse(Item);
    },

    async create(hash: string, token: StoredToken): Promise<void> {
      const Item = { pk: `token#${hash}`, ...token };
      await table.put({ TableName, Item });
    },
  };
}
