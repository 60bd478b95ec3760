import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

/** The clients of the service, known by the hashes of their keys. */
export type Clients = ReturnType<typeof createClients>;

const storedClient = z.object({ clientId: z.string().min(1) });

/** A key as it is stored: keys are long and random, so a plain SHA-256 cannot be searched. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function createClients(table: DynamoDBDocumentClient, tableName: string) {
  return {
    /** The client's id, or undefined for a hash that is not known. */
    async find(keyHash: string): Promise<string | undefined> {
      const { Item } = await table.send(
        new GetCommand({ TableName: tableName, Key: { pk: `client-key#${keyHash}` } }),
      );
      return Item ? storedClient.parse(Item).clientId : undefined;
    },

    async put({ keyHash, clientId }: { keyHash: string; clientId: string }): Promise<void> {
      const Item = { pk: `client-key#${keyHash}`, clientId };
      await table.send(new PutCommand({ TableName: tableName, Item }));
    },
  };
}
