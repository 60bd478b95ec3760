import { createClientRegistry } from '../lib/auth/client-registry.ts';
import { createClients, hashKey, SCOPES } from '../lib/auth/key-store.ts';
import { connectTable } from '../lib/aws/connections.ts';
import type { Table } from '../lib/aws/table.ts';
import { forgetOtherAnswers } from './forget-answers.ts';
import { releaseLeases } from './release-leases.ts';

interface TableOptions {
  runtime: {
    region: string;
    awsEndpoint: string;
    accessKeyId: string;
    secretAccessKey: string;
  };
  tableName: string;
  clientId: string;
  apiKey: string;
  /** Who answers for the model: the stand-in, or a server's address. */
  modelServer: string;
}

/** Puts the table into the state that a start expects: this machine's client is known, no lease of a dead run and no answer of another model is left. */
export async function prepareTable(options: TableOptions): Promise<void> {
  const { runtime, tableName } = options;
  const { region, awsEndpoint: endpoint, accessKeyId, secretAccessKey } = runtime;
  const credentials = { accessKeyId, secretAccessKey };
  const table = connectTable({ region, endpoint, credentials });
  await releaseLeases(table, tableName);
  await forgetOtherAnswers(table, tableName, options.modelServer);
  await registerKey(table, options);
}

/** Once: what was decided for this client since then holds over restarts. */
async function registerKey(
  table: Table,
  { tableName, clientId, apiKey: key }: TableOptions,
): Promise<void> {
  const known = await createClients(table, tableName).find(hashKey(key));
  if (known?.keyId) return;
  const own = { clientId, key, keyId: 'key_local', scopes: SCOPES };
  await createClientRegistry(table, tableName).addKey(own);
}
