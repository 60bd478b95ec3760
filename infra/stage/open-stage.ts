import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { readSettings } from '../../local/settings.ts';
import { readOutputs, type Stage } from './outputs.ts';

/** The laptop's own, for commands that take it like any other. */
export const LOCAL_STAGE = 'local';

const localInfo = z.object({
  apiUrl: z.string(),
  awsEndpoint: z.string(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  apiKey: z.string(),
});

export interface OpenStage {
  stage: string;
  apiUrl: string;
  tableName: string;
  table: DynamoDBDocumentClient;
}

/** The running stack on this machine. Throws an error that says what to do where there is none. */
export function readLocal() {
  const file = join(readSettings(process.env).dataDir, 'local.json');
  if (!existsSync(file)) throw new Error(`There is no ${file}: npm start first, or name a --stage`);
  return localInfo.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** A deployed stage by its outputs, the laptop's by its `local.json`. */
export async function openStage({ stage, region }: Stage): Promise<OpenStage> {
  if (stage === LOCAL_STAGE) {
    const { apiUrl, awsEndpoint: endpoint, ...local } = readLocal();
    const connection = { region: local.region, endpoint, credentials: local };
    return { stage, apiUrl, tableName: `sightline-${stage}`, table: connectTable(connection) };
  }
  const { ApiUrl, TableName } = await readOutputs({ stage, region });
  return { stage, apiUrl: ApiUrl, tableName: TableName, table: connectTable({ region }) };
}

function connectTable(connection: DynamoDBClientConfig): DynamoDBDocumentClient {
  const marshallOptions = { removeUndefinedValues: true };
  return DynamoDBDocumentClient.from(new DynamoDBClient(connection), { marshallOptions });
}
