import { createHash } from 'node:crypto';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

/** The clients of the service, known by the hashes of their keys. */
export type Clients = ReturnType<typeof createClients>;

const storedClient = z.object({ clientId: z.string().min(1) });

/** Where a key is stored, by its hash: keys are long and random, so a plain SHA-256 cannot be searched. */
function itemKey(key: string): { pk: string } {
  return { pk: `client-key#${createHash('sha256').update(key).digest('hex')}` };
}

export function createClients(table: DynamoDBDocumentClient, tableName: string) {
  return {
    /** The client's id, or undefined for a key that is not known. */
    async find(key: string): Promise<string | undefined> {
      const { Item } = await table.send(
        new GetCommand({ TableName: tableName, Key: itemKey(key) }),
      );
      return Item ? storedClient.parse(Item).clientId : undefined;
    },

    async put({ key, clientId }: { key: string; clientId: string }): Promise<void> {
      const Item = { ...itemKey(key), clientId };
      await table.send(new PutCommand({ TableName: tableName, Item }));
    },

    async remove(key: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: itemKey(key) }));
    },
  };
}
