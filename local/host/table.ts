import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createClients } from '../../lib/aws/clients.ts';
import { releaseLeases } from '../release-leases.ts';
import type { RuntimeSettings } from './function-environment.ts';

export interface TableOptions {
  runtime: RuntimeSettings;
  tableName: string;
  clientId: string;
  apiKey: string;
}

/** Puts the table into the state that a start expects: this machine's client is known, no lease of a dead run is left. */
export async function prepareTable(options: TableOptions): Promise<void> {
  const { runtime, tableName, clientId, apiKey } = options;
  const { region, awsEndpoint: endpoint, accessKeyId, secretAccessKey } = runtime;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new DynamoDBClient({ region, endpoint, credentials });
  const table = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
  await releaseLeases(table, tableName);
  await createClients(table, tableName).put({ key: apiKey, clientId });
  client.destroy();
}
