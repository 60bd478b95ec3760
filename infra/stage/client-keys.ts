import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createClients, hashKey } from '../../lib/aws/clients.ts';
import type { Stage } from './outputs.ts';

/** Clients' keys in a stage's table. A key exists in clear only here, once. */
export function createClientKeys({ stage, region }: Stage, tableName: string) {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ region }));
  return {
    async create(clientId: string): Promise<string> {
      const key = `sk_${stage}_${randomBytes(24).toString('base64url')}`;
      await createClients(table, tableName).put({ keyHash: hashKey(key), clientId });
      return key;
    },
    async remove(key: string): Promise<void> {
      const Key = { pk: `client-key#${hashKey(key)}` };
      await table.send(new DeleteCommand({ TableName: tableName, Key }));
    },
  };
}
