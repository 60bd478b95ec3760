import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { doorSettings } from './client-settings.ts';
import type { Table } from './table.ts';

/** The keys of the service's clients, known by their hashes. */
export type Clients = ReturnType<typeof createClients>;

/** What a key may be good for; docs/security.md says which call needs which. */
export const SCOPES = ['upload', 'read', 'delete', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export const storedKey = z.object({
  clientId: z.string().check(z.minLength(1)),
  /** Public: may stand in logs and lists. */
  keyId: z._default(z.string(), ''),
  /** Of a key from before there were any: all that it could do then. */
  scopes: z._default(z.array(z.enum(SCOPES)), [...SCOPES]),
  settings: z._default(doorSettings, {}),
});
export type StoredKey = z.output<typeof storedKey>;

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
