import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { SCOPES } from './clients.ts';

/** Short-lived tokens, known by their hashes; written once, never changed. */
export type Tokens = ReturnType<typeof createTokens>;

const storedToken = z.object({
  clientId: z.string().min(1),
  /** The hash of the key that it was made with, and ends with. */
  parent: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  maxUses: z.int().positive(),
  /** Epoch seconds: the table's TTL, which deletes late. */
  expiresAt: z.int(),
});
export type StoredToken = z.output<typeof storedToken>;

export function createTokens(table: DynamoDBDocumentClient, TableName: string) {
  return {
    async find(hash: string): Promise<StoredToken | undefined> {
      const Key = { pk: `token#${hash}` };
      const { Item } = await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && storedToken.parse(Item);
    },

    async create(hash: string, token: StoredToken): Promise<void> {
      const Item = { pk: `token#${hash}`, ...token };
      await table.send(new PutCommand({ TableName, Item }));
    },
  };
}
