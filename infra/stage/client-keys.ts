import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createClients } from '../../lib/aws/clients.ts';
import type { Stage } from './outputs.ts';

/** Clients' keys in a stage's table. A key exists in clear only here, once. */
export function createClientKeys({ stage, region }: Stage, tableName: string) {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ region }));
  const clients = createClients(table, tableName);
  return {
    async create(clientId: string): Promise<string> {
      const key = `sk_${stage}_${randomBytes(24).toString('base64url')}`;
      await clients.put({ key, clientId });
      return key;
    },
    remove: clients.remove,
  };
}
