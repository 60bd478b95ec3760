import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Table } from '../aws/table.ts';
import { authSettings } from './client-settings.ts';

/** The keys of the service's clients, known by their hashes. */
export type Clients = ReturnType<typeof createClients>;

/** What a key may be good for; docs/security.md says which call needs which. */
export const SCOPES = ['upload', 'read', 'delete', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const storedKey = z.object({
  clientId: z.string().check(z.minLength(1)),
  /** Public: may stand in logs and lists. */
  keyId: z._default(z.string(), ''),
  /** Of a key from before there were any: all that it could do then. */
  scopes: z._default(z.array(z.enum(SCOPES)), [...SCOPES]),
  settings: z._default(authSettings, {}),
});
type StoredKey = z.output<typeof storedKey>;

/** Keys are long and random, so a plain SHA-256 cannot be searched. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function createClients(table: Table, TableName: string) {
  return {
    /** The key of this hash, as it is now: a revoked one is gone at once. */
    async find(hash: string): Promise<StoredKey | undefined> {
      const Key = { pk: `client-key#${hash}` };
      const { Item } = await table.get({ TableName, Key, ConsistentRead: true });
      return Item && storedKey.parse(Item);
    },
  };
}

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
type StoredToken = z.output<typeof storedToken>;

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
